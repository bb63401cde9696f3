package examples;

// imports

/** What the examples of layers and of training leave to their readers, as {@link Given}. */
public abstract class GivenTraining {
    public abstract static class Net extends Given {
        public Pass pass;
        public Tensor ids, mask, features, hidden, targets, batch, embeddings, codebook, chosen, padding, descriptors;
        public lyceum.nn.Module backbone, pretrained, encoder, body;
        public Embedding embedding;
        public Loss loss;
        public Trainer trainer;
        public Linear head;
        public Rnn rnn;
        public RecurrentState state;
        public Dataset test;
        public int t;
    }

    public abstract static class ForAutocast extends Net { public Loss criterion; }

    public abstract static class ForBatchNorm extends Net {
        public BatchNorm replica;
        public ResNet resnet;
        public Tensor pictures;

        public abstract BatchNorm.Moments exchange(BatchNorm.Moments local);
    }

    public abstract static class ForClassificationHead extends Net {}

    public abstract static class ForEmbedding extends Net { public abstract Tensor loss(Tensor vectors); }

    public abstract static class ForInputLayer extends Net { public lyceum.data.Frame training, request; }

    public abstract static class ForLsuv extends Net {}

    public abstract static class ForMinLstm extends Net { public Tensor x_t; }

    public abstract static class ForMixtureOfExperts extends Net { public TransformerConfig transformer; }

    public abstract static class ForModularNetwork extends Net {}

    public abstract static class ForMoeBalancing extends Net { public MoeRouterConfig config; }

    public abstract static class ForMoeRouter extends Net {}

    public abstract static class ForRecurrentState extends Net {
        public Lstm lstm;
        public Tensor early, late;
    }

    public abstract static class ForRnn extends Net {
        public int[] lengths;
        public List<Tensor> stream;
    }

    public abstract static class ForSoftmaxHead extends Net {}

    public abstract static class ForSparseActivation extends Net {}

    public abstract static class ForStateAutomaton extends Net {
        public Tensor zero, one;

        public abstract int classOf(Tensor h);
    }

    public abstract static class ForLoadBalancingLoss extends Net {}

    public abstract static class ForBptt extends Net { public SequencedMap<String, Tensor> parameters; }

    public abstract static class ForCollapseDiagnostics extends Net {}

    public abstract static class ForEarlyStopping extends Net {
        public Iterable<Integer> rounds;

        public abstract double accuracyAfter(int round);

        public abstract double step();

        public abstract void keep();

        public abstract void restore(long step);
    }

    public abstract static class ForFineTuner extends Net { public Sequential pretrained; }

    public abstract static class ForGradientFlow extends Net {
        public List<Layer> layers;
        public Tensor loss;
    }

    public abstract static class ForGradientNoiseScale extends Net {}

    public abstract static class Minima extends Net {
        public Mlp first, second, other;

        public abstract double errorOf(Mlp model);
    }

    public abstract static class ForHiddenUnits extends Minima {}

    public abstract static class ForModeConnectivity extends Minima {}

    public abstract static class ForKernelDynamics extends Net { public Tensor f0, g0, kTestTrain; }

    public abstract static class ForLossLandscape extends Net { public List<Tensor> path; }

    public abstract static class ForMixedPrecision extends Net {}

    public abstract static class ForNeuralCollapse extends Net {
        public Trainer settings;
        public List<NeuralCollapse> trace;
    }

    public abstract static class ForNeuralTangentKernel extends Net { public Tensor train; }

    public abstract static class ForNormStatistics extends Net {
        public ParameterSpace space;
        public Tensor point;
    }

    public abstract static class ForRegularizer extends Net { public Tensor loss; }

    public abstract static class Search extends Net {
        public NetworkSpace space;
        public Dataset train, validation, data;
        public Architecture architecture;
    }

    public abstract static class ForNetworkSpace extends Search {}

    public abstract static class ForArchitectureSearch extends Search {}

    public abstract static class ForSuperNet extends Search {}

    public abstract static class ForDarts extends Search {}

    public abstract static class ForProxylessNas extends Search {}

    public abstract static class ForSpectralBias extends Net { public Tensor kernel, f0; }

    public abstract static class ForTrainingMemory extends Net {
        public int[] rows;
        public BatchLoss loss;
    }

    public abstract static class ForTransferLearning extends Net {
        public Sequential source;
        public Dataset labelled;

        public abstract Sequential freshNetwork(Rng rng);
    }

    public abstract static class ForTransferability extends Net { public int classes; }

    public abstract static class Small extends Net {
        public Sequential model, student, teacher, freshModel;
        public Tensor inputs;
        public Dataset unlabelled;
    }

    public abstract static class ForCompressionPipeline extends Small {}

    public abstract static class ForDistiller extends Small {}

    public abstract static class ForLotteryTicket extends Small {}

    public abstract static class ForMasks extends Small {}

    public abstract static class ForPostTrainingQuantizer extends Small {}

    public abstract static class ForPruner extends Small {}

    public abstract static class ForQat extends Small {}

    public abstract static class ForStructuredPruner extends Small {}

    public abstract static class ForAdapterRegistry extends Net { public Path folder, other; }

    public abstract static class ForPeft extends Net { public Path folder; }

    public abstract static class ForLora extends Net {}

    public abstract static class ForBottleneckAdapter extends Net {}

    public abstract static class ForRepresentationTuning extends Net {}

    public abstract static class ForTrainingSettings extends Given { public TrainingSettings settings; }

    public abstract static class ForTrainingJob extends Given {
        public Path file;
        public tools.jackson.databind.JsonNode json;
    }

    public abstract static class ForMetricsLog extends Given { public Path folder; }
}
