package lyceum.learn.decomposition;

import java.util.Set;
import lyceum.DType;
import lyceum.linalg.Qr;
import lyceum.linalg.Svd;
import lyceum.stats.learner.FittedTransformer;
import lyceum.stats.learner.LearnerInput;
import lyceum.stats.learner.Tag;
import lyceum.stats.learner.Transformer;
import lyceum.tensor.Tensor;

/**
 * PCA of rows that come in batches and are not kept: memory for one batch and the components.
 *
 * {@snippet :
 * var pca = new IncrementalPca(10);
 * var model = pca.first(batch);
 * for (var next : batches) model = model.add(next);
 * }
 *
 * <p>Each batch is decomposed together with what is known: the components times their singular values, and one row for the shift of the mean.
 * Exact for one batch; over several, what the left-out components held is forgotten.
 *
 * @param components to keep
 * @param batchSize rows taken at a time by {@link #fit}
 * @see <a href="https://doi.org/10.1007/s11263-007-0075-7">Ross, Lim, Lin, Yang (2008), Incremental learning for robust visual tracking</a>
 */
public record IncrementalPca(int components, int batchSize) implements Transformer {
    public IncrementalPca {
        if (components < 1) throw new IllegalArgumentException("components is " + components + "; at least 1 is kept");
        if (batchSize < components) throw new IllegalArgumentException(
                "batchSize is " + batchSize + "; a batch has at least as many rows as components, " + components);
    }

    /** Batches of five rows a component, at least 256. */
    public IncrementalPca(int components) { this(components, Math.max(256, 5 * components)); }

    public IncrementalPca withBatchSize(int batchSize) { return new IncrementalPca(components, batchSize); }

    @Override public Set<Tag> tags() { return Set.of(Tag.NO_WEIGHTS, Tag.ORDER_DEPENDENT); }

    /** The model of a first batch, of at least {@code components} rows. */
    public Fitted first(Tensor batch) {
        var input = LearnerInput.forFit(this, batch);
        int most = Math.min(input.rows(), input.columns());
        if (components > most) throw new IllegalArgumentException(input.operation() + ": components is " + components
                + " but the first batch of shape " + batch.shape() + " has at most " + most);
        if (input.rows() < 2) throw new IllegalArgumentException(input.operation() + ": the first batch has 1 row; a variance needs more");
        var rows = input.x().to(DType.F64);
        var mean = rows.mean(0).compute();
        var centred = rows.sub(mean).compute();
        return Fitted.of(components, input.rows(), mean, centred.square().sum().item(), centred);
    }

    @Override public Fitted fit(Tensor x) { return fit(x, null, null); }

    @Override public Fitted fit(Tensor x, Tensor y, Tensor weights) {
        var input = LearnerInput.forFit(this, x);
        input.refuseWeights(weights);
        int n = input.rows();
        var model = first(input.x().narrow(0, 0, Math.min(n, batchSize)));
        for (int from = batchSize; from < n; from += batchSize) model = model.add(input.x().narrow(0, from, Math.min(batchSize, n - from)));
        return model;
    }

    /**
     * What is known after some batches.
     *
     * @param rows seen
     * @param squares sum of squared deviations from the mean over all rows seen
     * @param pca components, variances and noise
     */
    public record Fitted(int rows, double squares, PcaModel pca) implements FittedTransformer {
        private static Fitted of(int components, int rows, Tensor mean, double squares, Tensor stacked) {
            long p = stacked.size(1);
            var svd = Svd.of(stacked.size(0) > p ? Qr.of(stacked).r() : stacked);
            int least = (int) Math.min(stacked.size(0), p);
            return new Fitted(rows, squares, PcaModel.of("IncrementalPca", mean, Spectrum.ofSvd(svd, rows - 1), components, least,
                    squares / (rows - 1), rows - 1, false));
        }

        /** The model after another batch of any size. */
        public Fitted add(Tensor batch) {
            var x = LearnerInput.forModel(this, batch).x().to(DType.F64);
            int n = (int) x.size(0), all = rows + n;
            if (n == 0) return this;
            var batchMean = x.mean(0).compute();
            var shift = pca.mean().sub(batchMean);
            var mean = pca.mean().mul((double) rows / all).add(batchMean.mul((double) n / all)).compute();
            var centred = x.sub(batchMean);
            double between = (double) rows / all * n, more = centred.square().sum().item() + between * shift.square().sum().item();
            var known = pca.components().mul(pca.singularValues().unsqueeze(1));
            var stacked = Tensor.concat(0, known, centred, shift.mul(Math.sqrt(between)).unsqueeze(0)).compute();
            return of(pca.nOutputs(), all, mean, squares + more, stacked);
        }

        @Override public int nFeatures() { return pca.nFeatures(); }

        @Override public int nOutputs() { return pca.nOutputs(); }

        @Override public Tensor transform(Tensor x) { return pca.transform(LearnerInput.forModel(this, x).x()); }

        @Override public boolean isInvertible() { return true; }

        @Override public Tensor inverse(Tensor transformed) { return pca.inverse(transformed); }
    }
}
