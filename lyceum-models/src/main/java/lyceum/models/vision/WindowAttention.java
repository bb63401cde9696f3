package lyceum.models.vision;

import lyceum.DType;
import lyceum.nn.Init;
import lyceum.nn.Linear;
import lyceum.nn.Module;
import lyceum.nn.Pass;
import lyceum.random.Rng;
import lyceum.tensor.Attention;
import lyceum.tensor.Tensor;

/**
 * Attention within windows of a grid (batch, height, width, channels), with a learned bias a head for each offset of row and column.
 * Moved windows wrap around the border, and a mask
 * keeps apart what only the wrapping brought together. A grid that windows do not fill is padded with zeros, which are attended to as
 * torchvision does.
 *
 * <p>Children as in torchvision: {@code qkv}, {@code proj}, {@code relative_position_bias_table} ((2 window - 1)^2, heads), {@code
 * relative_position_index}.
 *
 * @see <a href="https://arxiv.org/abs/2103.14030">Liu et al. (2021), section 3.2</a>
 */
public final class WindowAttention extends Module {
    private final int window, shift, heads;
    private final Tensor relative_position_bias_table, relative_position_index;
    private final Linear qkv, proj;

    /** @param shift of the windows, in positions; 0 for none */
    public WindowAttention(int width, int heads, int window, int shift, DType dtype, Rng rng) {
        if (shift < 0 || shift >= window)
            throw new IllegalArgumentException("WindowAttention: windows of " + window + " moved by " + shift + "; by less than a window");
        this.window = window;
        this.shift = shift;
        this.heads = heads;
        int span = 2 * window - 1, area = window * window;
        relative_position_bias_table = Init.begin(Init.truncatedNormal(0.02, -0.04, 0.04), rng, dtype, span * span, heads).requiresGrad();
        var index = new long[area * area];
        for (int i = 0; i < area; i++)
            for (int j = 0; j < area; j++)
                index[i * area + j] = (long) (i / window - j / window + window - 1) * span + i % window - j % window + window - 1;
        relative_position_index = Tensor.of(index);
        qkv = new Linear(width, 3L * width, true, dtype, Init.truncatedNormal(0.02, -0.04, 0.04), rng);
        proj = new Linear(width, width, true, dtype, Init.truncatedNormal(0.02, -0.04, 0.04), rng);
    }

    @Override protected Tensor compute(Tensor given, Pass pass) {
        long n = given.size(0), c = given.size(3);
        var x = given.pad(1, 0, Math.floorMod(-given.size(1), (long) window), 0).pad(2, 0, Math.floorMod(-given.size(2), (long) window), 0);
        long height = x.size(1), width = x.size(2), rows = height / window, columns = width / window, count = rows * columns;
        int down = height <= window ? 0 : shift, right = width <= window ? 0 : shift;
        if (down > 0) x = x.roll(1, -down);
        if (right > 0) x = x.roll(2, -right);
        int area = window * window;
        var tokens = x.reshape(n, rows, window, columns, window, c).permute(0, 1, 3, 2, 4, 5).reshape(n * count, area, c);
        var all = qkv.forward(tokens, pass).reshape(n * count, area, 3, heads, c / heads).permute(2, 0, 3, 1, 4);
        var bias = relative_position_bias_table.indexSelect(0, relative_position_index).transpose().reshape(1, heads, area, area);
        if (down > 0 || right > 0) bias = bias.add(mask(height, width, down, right, bias.dtype())).unsqueeze(0)
                .expand(n, count, heads, area, area).reshape(n * count, heads, area, area);
        var found = new Attention().withBias(bias).of(all.get(0), all.get(1), all.get(2));
        var y = proj.forward(found.transpose(1, 2).reshape(n * count, area, c), pass);
        y = y.reshape(n, rows, columns, window, window, c).permute(0, 1, 3, 2, 4, 5).reshape(n, height, width, c);
        if (down > 0) y = y.roll(1, down);
        if (right > 0) y = y.roll(2, right);
        return y.narrow(1, 0, given.size(1)).narrow(2, 0, given.size(2));
    }

    /** (windows, 1, area, area): minus infinity between positions that are no neighbours on the picture. */
    private Tensor mask(long height, long width, int down, int right, DType dtype) {
        int rows = (int) (height / window), columns = (int) (width / window), area = window * window;
        var mask = new float[rows * columns * area * area];
        for (int w = 0; w < rows * columns; w++) for (int i = 0; i < area; i++) for (int j = 0; j < area; j++) {
            boolean apart = wrapped(w / columns, i / window, rows, down) != wrapped(w / columns, j / window, rows, down)
                    || wrapped(w % columns, i % window, columns, right) != wrapped(w % columns, j % window, columns, right);
            if (apart) mask[(w * area + i) * area + j] = Float.NEGATIVE_INFINITY;
        }
        return Tensor.of(mask, (long) rows * columns, 1, area, area).to(dtype);
    }

    /** Whether a place of a window came around the border. */
    private boolean wrapped(int index, int place, int windows, int moved) {
        return moved > 0 && index == windows - 1 && place >= window - moved;
    }
}
