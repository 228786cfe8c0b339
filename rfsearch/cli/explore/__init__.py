"""`rfsearch explore`: the page of a search, served on this machine; each control asks anew."""
