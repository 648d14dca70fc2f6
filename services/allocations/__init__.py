"""Which request should go to which offer when places and money are scarce: proposals to an officer."""
