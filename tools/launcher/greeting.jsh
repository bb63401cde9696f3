System.out.println("""

Lyceum is imported. Three lines to begin with (tab completes, /exit leaves):

  Tensor.randn(Rng.of(1), 3, 4).matmul(Tensor.ones(4, 2))
  new Ridge(1.0).fit(Datasets.diabetes().x(), Datasets.diabetes().y())
  Catalogue.load().path("multilayer-perceptron").forEach(t -> System.out.println(t.title()))
""")
