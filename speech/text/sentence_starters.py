"""Capitalised words that begin a sentence far more often than they are a name."""

from __future__ import annotations

from typing import Final

SENTENCE_STARTERS: Final = (
    "A|After|Although|An|And|Another|Are|As|At|Because|Before|But|By|Can|Did|Do|Does|During|Each|Even|Every|Finally|For|From"
    "|Had|Has|Have|He|Her|Here|His|How|However|I|If|In|Instead|Is|It|Its|Later|Many|Maybe|Meanwhile|More|Most|My|No|None"
    "|Nobody|Not|Nothing|Now|Of|On|Once|One|Only|Or|Our|Perhaps|She|Since|So|Some|Soon|Such|That|The|Their|Then|There"
    "|These|They|This|Those|Though|Thus|To|Today|Tomorrow|Under|Until|We|Well|Were|What|When|Where|Which|While|Who|Whose"
    "|Why|With|Would|Yes|Yesterday|Yet|You|Your"
    "|Aber|Als|Auch|Danach|Das|Dann|Der|Deshalb|Die|Dies|Diese|Dieser|Doch|Ein|Eine|Er|Es|Ich|Im|Ihr|Jetzt|Man|Nun|Sie"
    "|Und|Wir|Alors|Ce|Cette|Elle|Elles|Il|Ils|Je|Les|Mais|Nous|On|Puis|Vous|Ella|Ellos|Entonces|Los|Pero|Yo"
)
"""Alternatives of a regular expression: English, German, French and Spanish."""
