package lyceum.tensor;

import lyceum.DType;
import lyceum.DTypeException;
import lyceum.ShapeException;

/**
 * Which blocks of {@code size} queries see which blocks of {@code size} keys, by their places in the tensors: block-sparse attention. A hidden block is
 * neither loaded nor multiplied by {@link FlashAttention}.
 *
 * {@snippet :
 * var near = Tensor.arange(n / 64).reshape(-1, 1).sub(Tensor.arange(n / 64)).abs().le(1);
 * var y = new Attention().withBlocks(new BlockMask(near, 64)).of(q, k, v);
 * }
 *
 * @param seen BOOL, stretches to (batch, heads, query blocks, key blocks), where the last blocks may be short
 * @param size rows of a block, at least 1
 * @see <a href="https://arxiv.org/abs/2205.14135">Dao et al. (2022)</a>, section 3.3
 */
public record BlockMask(Tensor seen, int size) {
    public BlockMask {
        if (seen.dtype() != DType.BOOL) throw new DTypeException("BlockMask: seen is " + seen.dtype() + "; it is BOOL");
        if (seen.rank() < 2 || seen.rank() > 4) throw new ShapeException("BlockMask: seen has shape " + seen.shape()
                + "; it is (batch, heads, query blocks, key blocks), leading axes may be missing");
        if (size < 1) throw new IllegalArgumentException("BlockMask: blocks of " + size + " rows; at least 1");
    }

    /** With all four axes, the first two 1 or as large as the scores'. @throws ShapeException if it does not stretch */
    BlockMask checked(long batch, long heads, long queries, long keys) {
        var four = seen.detach();
        while (four.rank() < 4) four = four.unsqueeze(0);
        long[] expected = {batch, heads, (queries + size - 1) / size, (keys + size - 1) / size};
        boolean fits = four.size(2) == expected[2] && four.size(3) == expected[3];
        for (int axis = 0; axis < 2; axis++) fits &= four.size(axis) == 1 || four.size(axis) == expected[axis];
        if (!fits) throw new ShapeException("attention: blocks of " + size + " are seen by a mask " + seen.shape()
                + ", which does not stretch to " + Shape.of(expected));
        return new BlockMask(four, size);
    }

    /** For each query and key. */
    Tensor each(long queries, long keys) {
        return seen.indexSelect(2, Tensor.arange(queries).floorDiv(size)).indexSelect(3, Tensor.arange(keys).floorDiv(size));
    }
}
