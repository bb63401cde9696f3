package examples;

// imports

/** What the examples of data and of learners leave to their readers, as {@link Given}. */
public abstract class GivenData {
    public abstract static class Texts extends Given {
        public Corpus corpus, web, books, testSet;
        public Path folder;
        public List<String> texts;
        public List<Document> kept;
        public DocumentScorer classifier;

        public abstract void log(String id, Object reason);
    }

    public abstract static class ForCleaning extends Texts {}

    public abstract static class ForShards extends Texts {}

    public abstract static class ForCurationPipeline extends Texts {}

    public abstract static class ForPretrainingCorpus extends Texts {}

    public abstract static class ForDeduplicator extends Texts {}

    public abstract static class ForMinHashLsh extends Texts {}

    public abstract static class ForInstructionDataset extends Texts { public List<Malformed> skipped; }

    public abstract static class ForDataMixture extends Texts {
        public abstract void learn(Document document);

        public abstract void save(MixtureStream.State state);
    }

    public abstract static class ForGroupDro extends Given {
        public Proxy proxy;

        public interface Proxy {
            void step(double[] weights);

            double[] excessLosses();
        }
    }

    public abstract static class ForPadCollator extends Given {
        public MultiHeadAttention attention;
        public Pass pass;
    }

    public abstract static class ForSampler extends Given { public int[] labels; }

    public abstract static class ForMix extends Given { public Pass pass; }

    public abstract static class ForAugment extends Given {
        public Raster picture;
        public int row, epoch;
    }

    public abstract static class ForImageFolder extends Given {
        public int pass;
        public Augment<Raster> training;
    }

    public abstract static class ForActiveLearner extends Given { public Dataset test; }

    public abstract static class ForGeneralization extends Given {
        public Dataset test;
        public ClassificationModel model;
    }

    public abstract static class ForAnomalyDetector extends Given { public Tensor clean; }

    public abstract static class ForCostMatrix extends Given {
        public ClassificationModel model;
        public Tensor p;
    }

    public abstract static class ForLeakageAudit extends Given {
        public int[] patients;
        public lyceum.stats.learner.Transformer selector;
    }

    public abstract static class ForMds extends Given { public Tensor kilometres; }

    public abstract static class ForTsne extends Given { public Progress progress; }

    public abstract static class ForColumnStatistics extends Given {
        public List<Tensor> blocks;
        public ColumnStatistics otherMachine;
    }

    public abstract static class Clicks extends Given {
        public Csr clicks, later;
        public int users, items;
        public int[] user, item;
        public double[] stars;
    }

    public abstract static class ForImplicitFactorization extends Clicks {}

    public abstract static class ForMatrixFactorization extends Clicks {}

    public abstract static class ForRecommender extends Clicks {}

    public abstract static class ForHyperparameterSearch extends Given {
        public abstract double train(Configuration configuration, double resource);
    }
}
