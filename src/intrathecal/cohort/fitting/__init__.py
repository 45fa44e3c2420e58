"""One patient fitted: from a diary, samples and the doses given to the values of that patient, and to the next program."""
