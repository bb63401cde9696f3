package lyceum.nn;

import lyceum.ShapeException;
import lyceum.tensor.Tensor;

/**
 * Continues the last two axes around their ends, as PyTorch's CircularPad2d: a convolution behind it knows no border and commutes with every shift.
 *
 * @param size entries on each side, at least 0 and at most the axes' sizes
 */
public record CircularPad2d(int size) implements Layer {
    public CircularPad2d {
        if (size < 0) throw new IllegalArgumentException("CircularPad2d: size is " + size + "; it is at least 0");
    }

    @Override public Tensor forward(Tensor x, Pass pass) {
        if (x.rank() < 2 || x.size(-1) < size || x.size(-2) < size)
            throw new ShapeException("CircularPad2d: " + size + " entries around " + x.shape() + "; at most the last two axes' sizes");
        return size == 0 ? x : around(around(x, x.rank() - 2), x.rank() - 1);
    }

    private Tensor around(Tensor x, int axis) {
        return Tensor.concat(axis, x.narrow(axis, x.size(axis) - size, size), x, x.narrow(axis, 0, size));
    }
}
