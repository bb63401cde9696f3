package examples;

// imports

/**
 * What the examples leave to their readers: tensors, a model, a seed. Class {@code ForX} is that of the examples of class X, for names that mean
 * something else there.
 */
public abstract class Given {
    public Tensor a, b, k, m, q, u, v, w, x, y, z, x2, w2, theta, weight, bias, weights;
    public Tensor covariance, gradient, standardNormal, transition, stiffness, mass, laplacian, saddlePointMatrix, newObservation, lengths;
    public Tensor labels, counts, moreLabels, moreCounts, mail, queries, truth, predicted, scores;
    public Tensor logits, probabilities, classNumbers, target, prediction, token, memory;
    public double[] x0;
    public int n;
    public double rate, score;
    public Rng rng;
    public Path path;
    public Model model;
    public Sequential network;
    public List<Tensor> parameters;
    public List<String> names;
    public Iterable<Dataset> batches, loader;
    public Optimizer optimizer;
    public Objective f;
    public LinearMap operator, fisher;
    public Dataset data, train, validation;
    public Linear layer;

    public abstract static class Model extends lyceum.nn.Module {
        public abstract double score(Object rows);

        public abstract Object fit(Tensor x, Tensor y);
    }

    public abstract Tensor loss(Dataset batch);

    public abstract Tensor loss(Tensor x, Tensor y);

    public abstract static class ForIntensity extends Given {
        public Layer model;
        public Tensor tokens;
    }

    public abstract static class ForAccelerator extends Given { public double operations, bytes; }

    public abstract static class ForCudaDevice extends Given {
        public lyceum.backend.simt.Kernel kernel;
        public lyceum.backend.simt.Dim grid, block;
        public lyceum.backend.simt.Buffer a, b, c;
    }

    public abstract static class ForTileKernel extends Given { public float[] x, y, out; }

    public abstract static class ForGaussNewton extends Given {
        public Tensor inputs;
        public double[] weights, gradient;

        public abstract Tensor network(Tensor w, Tensor inputs);
    }

    public abstract static class ForNaturalGradient extends Given {
        public java.util.function.UnaryOperator<Tensor> network;
        public Objective loss;
        public double[] w, start, gradient;
    }

    public abstract static class ForKfac extends Given {
        public Tensor w1, b1, w2, b2;
        public List<Tensor> batches;

        public abstract Tensor loss(Tensor output);
    }

    public abstract static class ForAssembler extends Given { public Set<lyceum.backend.x86.asm.Feature> features; }

    public abstract static class ForArgumentLayout extends Given { public java.lang.foreign.MemorySegment block, data; }

    public abstract static class ForKernelCache extends Given {
        public lyceum.backend.code.KernelCache<Cpu> kernels;

        public interface Cpu {}
    }

    public abstract static class ForDuckDb extends Given { public Frame people; }

    public abstract static class ForDataLoader extends Given {
        public int epoch;
        public DataLoader loader;

        public abstract void step(Tensor x, Tensor y);

        public abstract void step(Object batch);

        public abstract Tensor decode(int[] rows);
    }

    public abstract static class ForLbfgs extends Given { public java.util.logging.Logger log; }

    public abstract static class ForObjective extends Given { public abstract double dot(double[] x, double[] y); }

    public abstract static class ForProgress extends Given {
        public Button stopButton;

        public interface Button { boolean isPressed(); }

        public abstract void draw(double fraction, Map<String, Double> metrics);
    }

    public abstract static class ForLogSumExp extends Given {
        public double[] block;
        public LogSumExp total;
    }

    public abstract static class ForLabContext extends Given {
        public double total, gap, ratio;

        public abstract void run(LabContext lab);
    }

    public abstract static class ForFlopCounter extends Given {
        public Dataset batch;
        public Tensor tokens;
        public double seconds;

        public abstract Tensor loss(Object model, Object rows);

        public static final class Gpt {
            public Gpt(int layers, int width) {}
        }
    }

    public abstract static class ForNearestCorrelation extends Given { public Tensor pairwise; }

    public abstract static class ForPositiveDefinite extends Given { public Tensor c, hessian, other; }

    public abstract static class ForPreconditioner extends Given { public Csr a; }

    public abstract static class ForProximalMaps extends Given { public double lambda; }

    public abstract static class ForRank extends Given { public Tensor design; }

    public abstract static class ForResampling extends Given {
        public Tensor image;
        public int width, height;
    }

    public abstract static class ForSimilarity extends Given { public Tensor index; }

    public abstract static class ForSlerp extends Given {
        public Tensor z0, z1, w0, w1, q0, q1;
        public double t;
    }

    public abstract static class ForAugmentedLagrangian extends Given { public NonlinearProgram program; }

    public abstract static class ForConvergenceMonitor extends Given {
        public double loss, norm;

        public abstract void step();
    }

    public abstract static class ForConvergenceRate extends Given { public double[] gradientNorms; }

    public abstract static class ForGradientSurgery extends Given {
        public Sequential trunk;
        public Tensor firstLoss, secondLoss;
    }

    public abstract static class ForInteriorPoint extends Given {
        public QuadraticProgram program;
        public java.util.logging.Logger log;

        public abstract void use(double[] x);

        public abstract void explain(double[] ray);
    }

    public abstract static class ForKkt extends Given {
        public NonlinearProgram program;
        public double[] x, nu, lambda;
    }

    public abstract static class ForLearningRateFinder extends Given {
        public UnaryOperator<Tensor> f;
        public double[] rates;

        public abstract Dataset nextBatch();

        public abstract double[] losses(double rate);
    }

    public abstract static class ForNewton extends Given {
        public SecondOrderObjective f;
        public double[] start;
    }

    public abstract static class ForSecondOrderObjective extends Given { public double[] start; }

    public abstract static class ForPlateau extends Given {
        public abstract void train(Optimizer optimizer);

        public abstract double validationLoss();
    }

    public abstract static class ForQuadraticProgram extends Given {
        public double[][] p, a, g;
        public double[] q, b, h;
    }

    public abstract static class ForAnomaly extends Given { public abstract Tensor loss(Tensor x); }

    public abstract static class ForBackwardPass extends Given { public Tensor loss, h; }

    public abstract static class ForNumberFormat extends Given { public Tensor gradients; }

    public abstract static class ForSparseVector extends Given {
        public SparseVector query;
        public String[] vocabulary;
    }

    public abstract static class ForClassificationMetrics extends Given { public double[] weights; }

    public abstract static class ForForkedJvm extends Given {
        public static final class OpCatalogMain {}
    }

    public abstract static class ForCheckpointSchedule extends Given {
        public List<UnaryOperator<Tensor>> layers;
        public List<BiFunction<Tensor, Rng, Tensor>> drawingLayers;
    }

    public abstract static class ForMatrixCalculus extends Given { public Tensor s; }

    public abstract static class ForTaylor extends Given { public UnaryOperator<Tensor> loss; }

    public abstract static class ForAffineMap extends Given { public Tensor points, image; }

    public abstract static class ForConjugateGradient extends Given { public LinearMap hessian; }

    public abstract static class ForFundamentalSubspaces extends Given { public Tensor any, free; }

    public abstract static class ForInt8Rows extends Given { public Tensor embeddings, query; }

    public abstract static class ForLinearity extends Given {
        public UnaryOperator<Tensor> filter;

        public abstract void solve(LinearMap a, Tensor b);
    }

    public abstract static class ForLinearMap extends Given {
        public UnaryOperator<Tensor> loss;
        public Tensor parameters;
    }

    public abstract static class ForThresholds extends Given {
        public boolean[] spam;
        public double[] scores;
    }

    public abstract static class ForMultilabelConfusion extends Given { public boolean[][] truths, guesses; }

    public abstract static class ForMannWhitney extends Given { public double[] treated, control; }

    public abstract static class ForEvidence extends Given {
        public double gap, count;
        public MistakeLog mistakes;
    }

    public abstract static class ForFuzz extends Given { public Path seedFile; }

    public abstract static class ForGap extends Given {
        public lyceum.testing.Golden golden;

        public abstract RidgeModel fit(lyceum.testing.Golden c);
    }

    public abstract static class ForProperty extends Given { public abstract double[] sorted(double[] x); }

    public abstract static class ForIncrementalPca extends Given {
        public Tensor batch;
        public List<Tensor> batches;
    }

    public abstract static class ForPerceptron extends Given { public Tensor batch, batchLabels; }

    public abstract static class ForConfusionMatrix extends Given { public ConfusionMatrix matrix; }

    public abstract static class ForScorer extends Given {
        public CrossValidation cv;
        public Regressor learner;
    }

    public abstract static class ForInformationGain extends Given { public int[] outlook, play; }

    public abstract static class ForMultiHeadAttention extends Given {
        public MultiHeadAttention cross;
        public Pass pass;
        public KvCache cache;
    }

    public abstract static class ForLoss extends Given { public Trainer trainer; }

    public abstract static class ForMlpFit extends Given {
        public Mlp network;
        public List<Dataset> stream;
    }

    public abstract static class ForFigure extends Given {
        public double[] coverage, epochs, train, validation;
    }

    public abstract static class ForArithmeticCoder extends Given { public int[] symbols; }

    public abstract static class ForDivergences extends Given {
        public Normal a, b, p, q;
        public Mixture mixture;
    }

    public abstract static class ForEntropy extends Given { public double[][] table; }

    public abstract static class ForLearnerInput extends Given implements Learner, lyceum.stats.learner.Model {}

    public abstract static class ForAcceptance extends Given { public double gap; }

    public abstract static class ForStudio extends Given { public Path runs, apiDocs; }
}
