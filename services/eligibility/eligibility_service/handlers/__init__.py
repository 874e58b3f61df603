"""What the service does when it hears something; routing.py is the table."""
