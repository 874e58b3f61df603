"""What the gateway asks to compose a screen, and the commands it carries."""
