package lyceum.models.audio;

import lyceum.backend.Convolution;
import lyceum.nn.Activation;
import lyceum.nn.AttentionConfig;
import lyceum.nn.BatchNorm;
import lyceum.nn.Conv1d;
import lyceum.nn.Dropout;
import lyceum.nn.FeedForward;
import lyceum.nn.LayerNorm;
import lyceum.nn.Linear;
import lyceum.nn.Init;
import lyceum.nn.Module;
import lyceum.nn.MultiHeadAttention;
import lyceum.nn.Pass;
import lyceum.nn.RelativePosition;
import lyceum.random.Rng;
import lyceum.tensor.Attention;
import lyceum.tensor.Tensor;

/**
 * A block of a {@link Conformer}: {@code x + ffn(x) / 2}, {@code x + attention(x)}, {@code x + conv(x)}, {@code norm(x + ffn(x) / 2)}, each
 * branch behind a layer norm. Feed-forward halves are Swish networks, attention has Transformer-XL's relative positions, the convolution is
 * a pointwise layer, a GLU, a depthwise convolution, batch norm, Swish and a pointwise layer.
 *
 * @see <a href="https://arxiv.org/abs/2005.08100">Gulati et al. (2020)</a>
 */
public final class ConformerBlock extends Module {
    private final ConformerConfig config;
    private final LayerNorm first_norm, attention_norm, conv_norm, second_norm, norm;
    private final FeedForward first, second;
    private final MultiHeadAttention attention;
    private final Linear pointwise_in, pointwise_out;
    private final Conv1d depthwise;
    private final BatchNorm batch_norm;
    private final Dropout dropout;

    public ConformerBlock(ConformerConfig c, Rng rng) {
        config = c;
        int d = c.width();
        var type = c.dtype();
        first_norm = norm();
        first = new FeedForward(d, c.hidden(), Activation.SILU, true, c.dropout(), type, rng);
        attention_norm = c.attention() ? norm() : null;
        var heads = new AttentionConfig(d, c.heads()).withPositions(RelativePosition.transformerXl()).withDropout(c.dropout())
                .withDtype(type);
        attention = c.attention() ? new MultiHeadAttention(heads, rng) : null;
        conv_norm = c.convolution() ? norm() : null;
        pointwise_in = c.convolution() ? new Linear(d, 2L * d, true, type, Init.torchLinear(d), rng) : null;
        depthwise = c.convolution() ? new Conv1d(d, d, new int[] {c.kernel()}, new Convolution().withGroups(d), true, type, null, rng)
                : null;
        batch_norm = c.convolution() ? new BatchNorm(d, 1e-5, 0.1, type) : null;
        pointwise_out = c.convolution() ? new Linear(d, d, true, type, Init.torchLinear(d), rng) : null;
        second_norm = norm();
        second = new FeedForward(d, c.hidden(), Activation.SILU, true, c.dropout(), type, rng);
        norm = norm();
        dropout = new Dropout(c.dropout());
    }

    private LayerNorm norm() { return new LayerNorm(1e-5, config.dtype(), config.width()); }

    /**
     * What a block knows of the frames before: what went into attention, (batch, M, width), and into the depthwise convolution, (batch,
     * width, kernel - 1).
     */
    static final class Past {
        private Tensor attended, convolved;
    }

    /**
     * Where the clips of a batch end, and what their frames see.
     *
     * @param mask of the attention; null for all frames
     * @param rows numbers of the frames that are no padding, in (batch T); null if all are
     * @param real 1 for those and 0 for padding, (batch, T, 1); null if all are
     */
    record Frames(Attention mask, Tensor rows, Tensor real) { static final Frames WHOLE = new Frames(null, null, null); }

    /** Whole clips x (batch, T, width). */
    @Override protected Tensor compute(Tensor x, Pass pass) { return through(x, Frames.WHOLE, null, pass); }

    Tensor forward(Tensor x, Frames frames, Past past, Pass pass) { return emit(x, through(x, frames, past, pass), pass); }

    private Tensor through(Tensor x, Frames frames, Past past, Pass pass) {
        x = x.add(dropout.forward(first.forward(first_norm.forward(x, pass), pass), pass).mul(0.5));
        if (attention != null) x = x.add(dropout.forward(attended(attention_norm.forward(x, pass), frames, past, pass), pass));
        if (depthwise != null) x = x.add(dropout.forward(convolved(conv_norm.forward(x, pass), frames, past, pass), pass));
        return norm.forward(x.add(dropout.forward(second.forward(second_norm.forward(x, pass), pass), pass).mul(0.5)), pass);
    }

    private Tensor attended(Tensor x, Frames frames, Past past, Pass pass) {
        if (past == null) return frames.mask == null ? attention.forward(x, pass) : attention.forward(x, x, frames.mask, pass);
        var all = past.attended == null ? x : Tensor.concat(1, past.attended, x);
        long kept = config.left() < 0 ? all.size(1) : Math.min(all.size(1), (long) config.left() * config.chunk());
        past.attended = kept == 0 ? null : all.narrow(1, all.size(1) - kept, kept).detach().copy().compute();
        return attention.forward(x, all, pass);
    }

    private Tensor convolved(Tensor x, Frames frames, Past past, Pass pass) {
        int d = config.width(), k = config.kernel();
        var both = pointwise_in.forward(x, pass);
        var y = both.narrow(2, 0, d).mul(both.narrow(2, d, d).sigmoid());
        if (frames.real != null) y = y.mul(frames.real); // biases have made something of the padding
        y = y.transpose(1, 2);
        if (past == null) y = config.chunk() > 0 ? y.pad(2, k - 1, 0, 0) : y.pad(2, k / 2, k / 2, 0);
        else if (k > 1) {
            y = past.convolved == null ? y.pad(2, k - 1, 0, 0) : Tensor.concat(2, past.convolved, y);
            past.convolved = y.narrow(2, y.size(2) - k + 1, k - 1).detach().copy().compute();
        }
        y = depthwise.forward(y, pass).transpose(1, 2);
        return pointwise_out.forward(Activation.SILU.forward(normed(y, frames, pass), pass), pass);
    }

    /** Statistics are of frames that are no padding. */
    private Tensor normed(Tensor y, Frames frames, Pass pass) {
        var flat = y.reshape(-1, config.width());
        if (frames.rows == null || !pass.isTraining()) return batch_norm.forward(flat, pass).reshape(y.shape().toArray());
        var real = batch_norm.forward(flat.indexSelect(0, frames.rows), pass);
        return flat.zerosLike().indexAdd(0, frames.rows, real).reshape(y.shape().toArray());
    }
}
