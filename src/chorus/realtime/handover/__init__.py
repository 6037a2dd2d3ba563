"""Moving live sessions between the processes of one machine: what a session is made of, how it leaves and arrives."""
