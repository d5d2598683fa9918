"""What happens when something fails: errors are remembered, downloads tried again, a stuck engine is noticed."""
