package lyceum.nn;

import lyceum.tensor.Tensor;

/** Turns queries and keys (.., d) into non-negative features (.., m), whose dot product stands for {@code exp(q k')}. */
@FunctionalInterface
public interface FeatureMap {
    Tensor of(Tensor x);

    /** Of queries: within a factor for each row, which normalising takes out. */
    default Tensor ofQueries(Tensor q) { return of(q); }

    /** {@code elu(x) + 1}: {@code x + 1} above zero, {@code exp(x)} below. @see <a href="https://arxiv.org/abs/2006.16236">Katharopoulos et al. (2020)</a> */
    static FeatureMap elu() { return x -> x.relu().add(x.minimum(0.0).exp()); }
}
