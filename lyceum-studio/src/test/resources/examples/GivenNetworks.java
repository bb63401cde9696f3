package examples;

// imports

/** What the examples of networks leave to their readers, as {@link Given}. */
public abstract class GivenNetworks {
    public abstract static class Passing extends Given {
        public Pass pass;
        public KvCache cache;
        public Tensor source, tokens, ids, tags, mask, documentOfEachToken;
        public int begin, end, step, epoch;
    }

    public abstract static class Mixing extends Passing {
        public AttentionConfig config;
        public MultiHeadAttention attention;
        public SequenceMixer mixer;
        public Tensor prompt, prompts, filters;
    }

    public abstract static class ForKvCache extends Mixing {}

    public abstract static class ForSequenceMixer extends Mixing {}

    public abstract static class ForSlidingWindowAttention extends Mixing {}

    public abstract static class ForSparseAttention extends Mixing {}

    public abstract static class ForLatentAttention extends Mixing {}

    public abstract static class ForLinearAttention extends Mixing {}

    public abstract static class ForLinformer extends Mixing {}

    public abstract static class ForRetention extends Mixing {}

    public abstract static class ForHyenaOperator extends Mixing {}

    public abstract static class ForLongConvolution extends Mixing {}

    public abstract static class ForFft extends Given { public double[] re, im; }

    public abstract static class ForTransformer extends Passing {}

    public abstract static class ForTransformerBlock extends Passing {}

    public abstract static class ForTransformerDecoder extends Passing {}

    public abstract static class ForTransformerEncoder extends Passing {}

    public abstract static class ForBertEncoder extends Passing {}

    public abstract static class ForBeamSearch extends Passing { public lyceum.nn.Transformer model; }

    public abstract static class ForCausalLabels extends Passing {}

    public abstract static class ForFeatureCrf extends Passing {
        public int[][] tags, sentence;
        public int featureCount;
    }

    public abstract static class ForLinearChainCrf extends Passing { public lyceum.nn.Module encoder; }

    public abstract static class Alignments extends Given {
        public Tensor encoded, frames, logProbs;
        public int[] frameCounts;
        public int[][] labels;
        public lyceum.nn.Module encoder;
        public Transducer transducer;
        public LabelModel bigrams;
    }

    public abstract static class ForTransducer extends Alignments {}

    public abstract static class ForTransducerLoss extends Alignments {}

    public abstract static class ForCtcLoss extends Alignments {}

    public abstract static class ForCtcDecoder extends Alignments {}

    public abstract static class ForCausalLmLoss extends Passing {
        public Tensor hidden, head;
        public double tokensOfTheWholeBatch;
    }

    public abstract static class Views extends Given {
        public Tensor keys, first, second, images, texts, anchor, positive, negative, embeddings;
        public NegativeQueue queue;
        public InfoNce loss;
    }

    public abstract static class ForContrast extends Views {}

    public abstract static class ForInfoNce extends Views {}

    public abstract static class ForNegativeQueue extends Views {}

    public abstract static class ForTripletLoss extends Views {}

    public abstract static class Proxied extends Views { public Tensor other, otherLabels, proxies; }

    public abstract static class ForContrastiveLoss extends Proxied {}

    public abstract static class ForProxyLoss extends Proxied {}

    public abstract static class ForMarginSoftmax extends Proxied {}

    public abstract static class ForCrossBatchMemory extends Proxied {}

    public abstract static class ForNoiseContrastive extends Given {
        public Tensor data, modelAtData, noiseAtData, modelAtDraws, noiseAtDraws;
    }
}
