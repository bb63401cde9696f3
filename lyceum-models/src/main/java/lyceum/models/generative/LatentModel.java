package lyceum.models.generative;

import lyceum.tensor.Tensor;

/** Takes data to codes and codes to data: what {@link LatentSpace} works on. Neither is recorded. */
public interface LatentModel {
    /** The codes of data (n, ..): (n, codes). Where a model has a distribution of codes, its means. */
    Tensor encode(Tensor x);

    /** The data of codes (n, codes): (n, ..). Where a model has a distribution of data, its means. */
    Tensor decode(Tensor z);

    /** The data as they come back. */
    default Tensor reconstruct(Tensor x) { return decode(encode(x)); }
}
