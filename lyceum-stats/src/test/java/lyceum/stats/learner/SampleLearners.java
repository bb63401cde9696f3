package lyceum.stats.learner;

import java.util.Arrays;
import java.util.Set;
import lyceum.DType;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;

/** The simplest honest learner of each kind, for tests of the contract and of pipelines. */
final class SampleLearners {
    private SampleLearners() {}

    /** Weighted mean and standard deviation of each column. */
    record Standardiser() implements Transformer {
        @Override public StandardiserModel fit(Tensor x, Tensor y, Tensor weights) {
            var input = LearnerInput.forFit(this, x);
            var w = Tensor.of(input.weights(weights)).to(input.x().dtype()).unsqueeze(1);
            var mean = input.x().mul(w).sum(0).div(w.sum());
            var deviation = input.x().sub(mean).square().mul(w).sum(0).div(w.sum()).sqrt();
            return new StandardiserModel(mean, Tensor.where(deviation.eq(0), deviation.onesLike(), deviation));
        }
    }

    record StandardiserModel(Tensor mean, Tensor deviation) implements FittedTransformer {
        @Override public int nFeatures() { return (int) mean.count(); }

        @Override public int nOutputs() { return nFeatures(); }

        @Override public Tensor transform(Tensor x) { return LearnerInput.forModel(this, x).x().sub(mean).div(deviation); }

        @Override public boolean isInvertible() { return true; }

        @Override public Tensor inverse(Tensor transformed) { return transformed.mul(deviation).add(mean); }
    }

    /** A straight line over one weighted sum of the columns. */
    record LineRegressor() implements Regressor {
        @Override public LineModel fit(Tensor x, Tensor y, Tensor weights) {
            var input = LearnerInput.forFit(this, x);
            var w = Tensor.of(input.weights(weights)).to(input.x().dtype());
            var t = input.target(y);
            var s = LineModel.sum(input.x());
            double total = w.sum().item(), meanS = s.mul(w).sum().item() / total, meanT = t.mul(w).sum().item() / total;
            double covariance = s.sub(meanS).mul(t.sub(meanT)).mul(w).sum().item(), variance = s.sub(meanS).square().mul(w).sum().item();
            double slope = variance == 0 ? 0 : covariance / variance;
            return new LineModel(input.columns(), slope, meanT - slope * meanS);
        }
    }

    record LineModel(int nFeatures, double slope, double intercept) implements RegressionModel {
        static Tensor sum(Tensor x) { return x.mul(Tensor.arange(1, x.size(1) + 1, 1).to(x.dtype())).sum(1); }

        @Override public Tensor predict(Tensor x) { return sum(LearnerInput.forModel(this, x).x()).mul(slope).add(intercept); }
    }

    /** The class whose weighted centre is nearest; probabilities by softmax of minus the squared distance. */
    record CentreClassifier() implements Classifier {
        @Override public CentreModel fit(Tensor x, Tensor labels, Tensor weights) {
            var input = LearnerInput.forFit(this, x);
            var found = input.labels(labels);
            var w = Tensor.of(input.weights(weights)).to(input.x().dtype());
            var member = Tensor.of(found.codes()).oneHot(input.x().dtype(), found.count()).mul(w.unsqueeze(1));
            return new CentreModel(found.classes(), member.transpose().matmul(input.x()).div(member.sum(0).unsqueeze(1)));
        }
    }

    record CentreModel(long[] classes, Tensor centres) implements ClassificationModel {
        @Override public long[] classes() { return classes.clone(); }

        @Override public int nFeatures() { return (int) centres.size(1); }

        @Override public Tensor predictProba(Tensor x) {
            var rows = LearnerInput.forModel(this, x).x();
            return rows.unsqueeze(1).sub(centres).square().sum(2).neg().softmax(1);
        }
    }

    /** Cuts the first column at its weighted mean. */
    record HalfClusterer() implements Clusterer {
        @Override public HalfModel fit(Tensor x, Tensor weights) {
            var input = LearnerInput.forFit(this, x);
            var w = Tensor.of(input.weights(weights)).to(input.x().dtype());
            double cut = input.x().select(1, 0).mul(w).sum().item() / w.sum().item();
            return new HalfModel(input.columns(), cut, HalfModel.cut(input.x(), cut));
        }
    }

    record HalfModel(int nFeatures, double cut, Tensor labels) implements ClusterModel {
        static Tensor cut(Tensor x, double at) { return x.select(1, 0).gt(at).to(DType.I64); }

        @Override public int nClusters() { return 2; }

        @Override public Tensor predict(Tensor x) { return cut(LearnerInput.forModel(this, x).x(), cut); }
    }

    /** Uniform on the bounding box; weights are of no use to it. */
    record BoxDensity() implements Density {
        @Override public Set<Tag> tags() { return Set.of(Tag.NO_WEIGHTS); }

        @Override public BoxModel fit(Tensor x, Tensor weights) {
            var input = LearnerInput.forFit(this, x);
            input.refuseWeights(weights);
            return new BoxModel(input.x().min(0).toDoubleArray(), input.x().max(0).toDoubleArray());
        }
    }

    record BoxModel(double[] low, double[] high) implements DensityModel {
        @Override public int nFeatures() { return low.length; }

        @Override public Tensor logDensity(Tensor x) {
            var rows = LearnerInput.forModel(this, x).x();
            double volume = 0;
            for (int i = 0; i < low.length; i++) volume += Math.log(Math.max(high[i] - low[i], 1e-3));
            var out = new double[(int) rows.size(0)];
            Arrays.fill(out, -volume);
            return Tensor.of(out).to(rows.dtype());
        }

        @Override public Tensor sample(Rng rng, int n) {
            return Tensor.rand(rng, DType.F64, n, low.length).mul(Tensor.of(high).sub(Tensor.of(low))).add(Tensor.of(low));
        }
    }
}
