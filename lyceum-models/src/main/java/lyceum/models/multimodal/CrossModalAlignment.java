package lyceum.models.multimodal;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import lyceum.DType;
import lyceum.ShapeException;
import lyceum.autograd.Autograd;
import lyceum.linalg.Cholesky;
import lyceum.linalg.Similarity;
import lyceum.linalg.Svd;
import lyceum.nn.Layer;
import lyceum.nn.Linear;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;
import lyceum.train.HiddenStates;

/**
 * Brings encoders that have never met into one space, from pairs: row i of all is about the same thing.
 *
 * {@snippet :
 * var rotated = new CrossModalAlignment(new AlignmentMethod.Procrustes(true)).fit(rng, texts, images);
 * rotated.retrieval(1, imagesTest, 0, textsTest).textRecall(1);
 * double alike = HiddenStates.cka(images, texts);                     // before anything is fitted: is there something to share?
 * }
 *
 * <p>Try the closed forms first: they take seconds and tell whether structure is shared, as {@link HiddenStates#cka} does without a fit. Report
 * retrieval of pairs that were not fitted: with fewer pairs than numbers a linear map fits anything.
 *
 * @param method how
 * @see <a href="https://arxiv.org/abs/2203.02053">Liang et al. (2022): the modality gap</a>
 */
public record CrossModalAlignment(AlignmentMethod method) {
    public CrossModalAlignment {
        Objects.requireNonNull(method, "method");
    }

    /**
     * Maps of two or more spaces into one; all others are fitted to the first. Closed forms reckon in F64 and draw nothing.
     *
     * @param spaces (n, width of each)
     * @throws ShapeException if the rows are not as many in all
     */
    public SharedSpace fit(Rng rng, Tensor... spaces) {
        if (spaces.length < 2) throw new IllegalArgumentException("CrossModalAlignment: " + spaces.length + " spaces; at least 2");
        for (var x : spaces)
            if (x.rank() != 2 || x.size(0) != spaces[0].size(0) || x.size(0) < 2) throw new ShapeException("CrossModalAlignment: spaces "
                    + Arrays.stream(spaces).map(Tensor::shape).toList() + "; they are (n, width) of the same n rows, at least 2");
        if (method instanceof AlignmentMethod.ContrastiveHeads heads) return AlignmentHeads.fit(heads, rng, spaces);
        return Autograd.noGrad(() -> {
            var wide = Arrays.stream(spaces).map(x -> x.detach().to(DType.F64).compute()).toArray(Tensor[]::new);
            return new SharedSpace(switch (method) {
                case AlignmentMethod.Procrustes p -> toFirst(wide, (x, y) -> rotation(x, y, p.scaled()));
                case AlignmentMethod.RidgeMap r -> toFirst(wide, (x, y) -> ridge(x, y, r.lambda()));
                case AlignmentMethod.Canonical c -> canonical(wide, c);
                case AlignmentMethod.RelativeAnchors a -> relative(wide, a.anchors());
                case AlignmentMethod.ContrastiveHeads h -> throw new AssertionError();
            }, DType.F64);
        });
    }

    private interface Map {
        /** Of centred rows to centred rows, (width of x, width of y). */
        Tensor of(Tensor x, Tensor y);
    }

    private static List<Layer> toFirst(Tensor[] spaces, Map map) {
        var maps = new ArrayList<Layer>();
        Tensor first = spaces[0], hub = first.sub(first.mean(0)).compute();
        maps.add(affine(first, Tensor.eye(DType.F64, first.size(1))));
        for (int i = 1; i < spaces.length; i++) maps.add(affine(spaces[i], map.of(spaces[i].sub(spaces[i].mean(0)).compute(), hub)));
        return maps;
    }

    /** {@code (x - mean) map}. */
    private static Layer affine(Tensor x, Tensor map) {
        return new Linear(map.transpose().contiguous().compute(), x.mean(0, true).matmul(map).neg().squeeze(0).compute());
    }

    private static Tensor rotation(Tensor x, Tensor y, boolean scaled) {
        if (x.size(1) > y.size(1)) throw new ShapeException(
                "Procrustes: a space of width " + x.size(1) + " does not turn into one of " + y.size(1) + "; give the widest first");
        var svd = Svd.of(x.transpose().matmul(y));
        var turned = svd.u().matmul(svd.vt());
        return scaled ? turned.mul(svd.s().sum().item() / x.square().sum().item()) : turned;
    }

    private static Tensor ridge(Tensor x, Tensor y, double lambda) {
        var gram = x.transpose().matmul(x).add(Tensor.eye(DType.F64, x.size(1)).mul(lambda * x.size(0)));
        return Cholesky.of(gram).solve(x.transpose().matmul(y));
    }

    private static List<Layer> canonical(Tensor[] spaces, AlignmentMethod.Canonical c) {
        if (spaces.length != 2) throw new IllegalArgumentException("Canonical: " + spaces.length + " spaces; correlations are of 2");
        long most = Math.min(spaces[0].size(1), spaces[1].size(1));
        if (c.components() > most) throw new IllegalArgumentException("Canonical: " + c.components() + " components; at most " + most);
        Tensor x = spaces[0].sub(spaces[0].mean(0)).compute(), y = spaces[1].sub(spaces[1].mean(0)).compute();
        Cholesky own = variances(x, c.ridge()), others = variances(y, c.ridge());
        // L_x^-1 S_xy L_y^-T = U S V'; directions L_x^-T U and L_y^-T V, each times the root of its correlation in both spaces.
        var half = own.solveLower(x.transpose().matmul(y).div(x.size(0)));
        var svd = Svd.of(others.solveLower(half.transpose().contiguous()).transpose());
        var weight = svd.s().narrow(0, 0, c.components());
        return List.of(affine(spaces[0], directions(own, svd.u(), weight)), affine(spaces[1], directions(others, svd.v(), weight)));
    }

    private static Cholesky variances(Tensor x, double ridge) {
        var covariance = x.transpose().matmul(x).div(x.size(0)).compute();
        double mean = covariance.mul(Tensor.eye(DType.F64, x.size(1))).sum().item() / x.size(1);
        return Cholesky.of(covariance.add(Tensor.eye(DType.F64, x.size(1)).mul(ridge * mean)));
    }

    /** {@code L^-T U} with columns weighed; {@code L^-T} is the inverse of the variances times L. */
    private static Tensor directions(Cholesky variances, Tensor u, Tensor weight) {
        return variances.solve(variances.lower().matmul(u.narrow(1, 0, weight.size(0)))).mul(weight);
    }

    private static List<Layer> relative(Tensor[] spaces, int anchors) {
        if (anchors > spaces[0].size(0))
            throw new IllegalArgumentException("RelativeAnchors: " + anchors + " anchors of " + spaces[0].size(0) + " pairs");
        return Arrays.stream(spaces).<Layer>map(x -> {
            var own = Similarity.normalise(x.narrow(0, 0, anchors)).compute();
            return (z, pass) -> Similarity.normalise(z).matmul(own.transpose());
        }).toList();
    }

    /** The length of {@code mean(u) - mean(v)} for unit vectors: 0 where two clouds have one middle, at most 2. */
    public static double modalityGap(Tensor u, Tensor v) {
        if (u.rank() != 2 || v.rank() != 2 || u.size(1) != v.size(1))
            throw new ShapeException("modalityGap: " + u.shape() + " and " + v.shape() + "; they are (n, d) and (m, d)");
        return Autograd.noGrad(() -> u.detach().to(DType.F64).mean(0).sub(v.detach().to(DType.F64).mean(0)).square().sum().sqrt().item());
    }
}
