package examples;

// imports

/** What the examples of text leave to their readers, as {@link Given}. */
public abstract class GivenText {
    public abstract static class Reading extends Given {
        public int vocabulary, start, end;
        public int[] ids;
        public List<int[]> texts;
        public List<String> words;
        public Embedding embedding;
        public Linear head;
        public Sequential encoder, decoder;
    }

    public abstract static class ForArpaFile extends Reading { public NGramLanguageModel model; }

    public abstract static class ForCausalLanguageModel extends Reading {}

    public abstract static class ForLanguageModel extends Reading { public lyceum.text.lm.LanguageModel model; }

    public abstract static class ForMaskedLanguageModel extends Reading {}

    public abstract static class ForNGramEstimator extends Reading {}

    public abstract static class ForNGramLanguageModel extends Reading {}

    public abstract static class ForRecurrentLanguageModel extends Reading {}

    public abstract static class Sentences extends Given { public List<List<String>> sentences; }

    public abstract static class ForWord2Vec extends Sentences {}

    public abstract static class ForGloVe extends Sentences {}

    public abstract static class ForPpmiEmbeddings extends Sentences {}

    public abstract static class Trained extends Reading {
        public List<int[]> validation, heldOut;
        public lyceum.text.lm.LanguageModel network, trigram, kneserNey;
        public int tags;
    }

    public abstract static class ForMixtureLanguageModel extends Trained {}

    public abstract static class ForNeuralProbabilisticLanguageModel extends Trained {}

    public abstract static class ForNeuralLanguageModel extends Trained {}

    public abstract static class ForElmo extends Trained {}

    public abstract static class ForFastText extends Sentences {}

    public abstract static class ForFastTextClassifier extends Sentences { public java.util.stream.Stream<String> lines; }

    public abstract static class ForSemanticSpace extends Sentences { public lyceum.text.count.DocumentTermMatrix counts; }

    public abstract static class ForTokenizerKind extends Given { public List<String> texts; }
}
