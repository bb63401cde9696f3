package examples;

// imports

/** What the examples of sequences that look back and of training regimes leave to their readers, as {@link Given}. */
public abstract class GivenRegimes {
    public abstract static class Looking extends Given {
        public Pass pass;
        public AttentionConfig config;
        public AbsolutePosition patches;
        public RecurrentState state;
        public Path folder;
        public long batch;
        public Tensor states, seen, query, source, words, x_t;
    }

    public abstract static class ForAbsolutePosition extends Looking {}

    public abstract static class ForBahdanauAttention extends Looking {}

    public abstract static class ForBahdanauCell extends Looking {}

    public abstract static class ForLuongAttention extends Looking {}

    public abstract static class ForNeuralTuringMachine extends Looking {}

    public abstract static class ForRelativePosition extends Looking {}

    public abstract static class ForRopeScaling extends Looking {}

    public abstract static class ForKeyValueMemory extends Given {
        public Pass pass;
        public int words, entities;
        public Tensor keys, values, questions, right;
    }

    public abstract static class ForSlotIndex extends Given {
        public Tensor keys, questions;
        public int[] gold;
    }

    public abstract static class Stages extends Given {
        public Dataset test, monday, tuesday;
        public List<Dataset> tasks;
        public Progress progress;
        public Trainer trainer;
        public Tensor xa, ya, xb, yb;
    }

    public abstract static class ForContinualLearner extends Stages {}

    public abstract static class ForForgettingProbe extends Stages {}

    public abstract static class ForInterference extends Stages {}

    public abstract static class ForTaskStream extends Stages {}

    public abstract static class ForCurriculum extends Stages { public int[] lengths; }

    public abstract static class ForMetaLearner extends Given { public Mlp network; }

    public abstract static class ForSelfPaced extends Stages {
        public double[] start;

        public abstract double[] refitted(double[] weights);
    }
}
