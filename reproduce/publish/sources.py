"""Whose the images are. The weights are the project's; the data is not."""

WEIGHTS = "MIT"

# As the data sets' own pages, or the libraries that load them, state it.
SOURCES = {
    "digits": {
        "licence": "CC BY 4.0 (UCI Machine Learning Repository, data set 80)",
        "citation": "E. Alpaydin, C. Kaynak, Optical Recognition of Handwritten Digits, UCI "
        "Machine Learning Repository (1998), doi 10.24432/C50P49",
    },
    "mnist": {
        "licence": "CC BY-SA 3.0 (Y. LeCun, C. Cortes; stated in Keras' documentation)",
        "citation": "Y. LeCun, L. Bottou, Y. Bengio, P. Haffner, Gradient-based learning applied "
        "to document recognition, Proceedings of the IEEE 86 (1998)",
    },
    "fashion_mnist": {
        "licence": "MIT (Zalando SE)",
        "citation": "H. Xiao, K. Rasul, R. Vollgraf, Fashion-MNIST: a novel image dataset for "
        "benchmarking machine learning algorithms, arXiv 1708.07747 (2017)",
    },
    "cifar10": {
        "licence": "none stated",
        "citation": "A. Krizhevsky, Learning multiple layers of features from tiny images, "
        "technical report, University of Toronto (2009)",
    },
}
