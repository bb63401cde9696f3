package lyceum.models.multimodal;

import java.util.List;
import lyceum.DType;
import lyceum.autograd.Autograd;
import lyceum.linalg.Similarity;
import lyceum.nn.Layer;
import lyceum.tensor.Tensor;

/**
 * Maps of several encoders' spaces into one, as {@link CrossModalAlignment} found them.
 *
 * {@snippet :
 * Tensor z = space.project(1, y);                                    // the second space's vectors in the common one
 * double found = space.retrieval(0, xTest, 1, yTest).textRecall(1);
 * long[] classes = space.nearest(0, xTest, 1, prompts).toLongArray();
 * }
 *
 * @param maps one a space, in the order in which they were given; of closed forms they are {@link lyceum.nn.Linear}
 * @param dtype that they reckon in
 */
public record SharedSpace(List<Layer> maps, DType dtype) {
    public SharedSpace {
        maps = List.copyOf(maps);
    }

    /** Vectors (n, width) of a space in the common one. */
    public Tensor project(int space, Tensor x) {
        if (space < 0 || space >= maps.size())
            throw new IllegalArgumentException("SharedSpace: space " + space + "; they are 0 to " + (maps.size() - 1));
        return Autograd.noGrad(() -> maps.get(space).forward(x.detach().to(dtype)).compute());
    }

    /** The same, of unit length. */
    public Tensor unit(int space, Tensor x) { return Autograd.noGrad(() -> Similarity.normalise(project(space, x)).compute()); }

    /** How well rows i of two spaces find each other by cosine: the first in the place of pictures, the second of texts. */
    public PairRetrieval retrieval(int one, Tensor x, int other, Tensor y) { return PairRetrieval.of(project(one, x), project(other, y)); }

    /** The row of y that is nearest by cosine to each row of x: classes from prompts, with no example of theirs. @return I64 (n) */
    public Tensor nearest(int one, Tensor x, int other, Tensor y) {
        return Autograd.noGrad(() -> Similarity.cosines(project(one, x), project(other, y)).argmax(1).compute());
    }

    /** {@link CrossModalAlignment#modalityGap} of two spaces' vectors. */
    public double gap(int one, Tensor x, int other, Tensor y) { return CrossModalAlignment.modalityGap(unit(one, x), unit(other, y)); }
}
