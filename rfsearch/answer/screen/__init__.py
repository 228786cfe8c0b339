"""The default screen: an Answer as text for people, section by section."""
