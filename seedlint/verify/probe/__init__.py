"""What runs in the project's interpreter: standard library only, Python 3.8 and later."""
