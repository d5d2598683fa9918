"""Makes the virtual environment, keeps it in step with the requirement files and runs things inside it.

Standard library only: this code runs before anything is installed.
"""
