package examples;

// imports

/** What the examples about weights of language models leave to their readers, as {@link Given}. */
public abstract class GivenWeights {
    public abstract static class States extends Given {
        public SequencedMap<String, Tensor> base, first, second, third;
    }

    public abstract static class ForTiesMerging extends States {}

    public abstract static class ForDare extends States {}

    public abstract static class Modules extends Given {
        public Mlp base, tuned, first, second;
        public DecoderLM model;
        public Path folder, out, a, b, chat;
        public TaskVector fluent;
    }

    public abstract static class ForTaskVector extends Modules {}

    public abstract static class ForModelMerger extends Given {
        public Mlp model;
        public SequencedMap<String, Tensor> base, first, second;
        public Path out, baseFile, a, b;
    }

    public abstract static class ForModelSoup extends Given {
        public List<Mlp> runs;

        public abstract double accuracy(Mlp model, Dataset data);

        public abstract double error(Mlp model);
    }

    public abstract static class ForAncestry extends Given {
        public Mlp model, tuned;
        public Path base, chat, folder;
    }

    public abstract static class ForStageComparison extends Given {
        public List<int[]> raw;
        public List<StageComparison.Instruction> instructions;
        public int end;
        public DecoderLM model, tuned;
    }

    public abstract static class ForMergeRecipe extends Given { public Path base, math, code; }

    public abstract static class ForFoundationModel extends Given {
        public List<String> mails, articles, texts;
        public int[] labels, topics;
    }

    public abstract static class Calibrated extends Given {
        public DecoderLM model;
        public List<Tensor> batches;
        public Linear q, k;
    }

    public abstract static class ForGptq extends Calibrated {}

    public abstract static class ForAwq extends Calibrated {}

    public abstract static class ForQLora extends Given {
        public DecoderLM model;
        public Loss loss;
        public Path folder;
    }

    public abstract static class ForPagedState extends Given {
        public Mlp model;
        public Loss loss;
    }
}
