"""The Alibaba GPU trace of 2023 ("openb"): the policies of the FGD paper, and our plans."""
