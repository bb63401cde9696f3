package lyceum.models.vision;

import lyceum.backend.Convolution;
import lyceum.nn.AttentionConfig;
import lyceum.nn.BatchNorm;
import lyceum.nn.Conv2d;
import lyceum.nn.Dropout;
import lyceum.nn.GroupNorm;
import lyceum.nn.Init;
import lyceum.nn.Layer;
import lyceum.nn.LayerNorm;
import lyceum.nn.Linear;
import lyceum.nn.Module;
import lyceum.nn.MultiHeadAttention;
import lyceum.nn.Pass;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;

/** Two convolutions of a level of a {@link UNet}, told the time, and attention where the level has it. */
final class UNetBlock extends Module {
    private final UNetConfig config;
    private final Conv2d conv1;
    private final Layer norm1;
    private final Linear time;
    private final Conv2d conv2;
    private final Layer norm2;
    private final Conv2d shortcut;
    private final GroupNorm attention_norm;
    private final MultiHeadAttention attention;
    private final LayerNorm context_norm;
    private final MultiHeadAttention context_attention;

    UNetBlock(UNetConfig c, int inputs, int outputs, boolean attends, Rng rng) {
        config = c;
        conv1 = conv(c, inputs, outputs, 3, 1, rng);
        norm1 = norm(c, c.residual() ? inputs : outputs);
        time = c.timeWidth() == 0 ? null : new Linear(c.timeWidth(), outputs, true, c.dtype(), Init.torchLinear(c.timeWidth()), rng);
        conv2 = conv(c, outputs, outputs, 3, 1, rng);
        norm2 = norm(c, outputs);
        shortcut = c.residual() && inputs != outputs ? conv(c, inputs, outputs, 1, 1, rng) : null;
        attention_norm = attends ? new GroupNorm(groups(outputs), outputs, 1e-5, c.dtype()) : null;
        attention = attends ? new MultiHeadAttention(new AttentionConfig(outputs, c.heads()).withDtype(c.dtype()), rng) : null;
        boolean looks = attends && c.contextWidth() > 0;
        context_norm = looks ? new LayerNorm(1e-5, c.dtype(), outputs) : null;
        context_attention = looks ? new MultiHeadAttention(new AttentionConfig(outputs, c.heads()).withKeyWidth(c.contextWidth())
                .withValueWidth(c.contextWidth()).withDtype(c.dtype()), rng) : null;
    }

    static Conv2d conv(UNetConfig c, int inputs, int outputs, int kernel, int stride, Rng rng) {
        int pad = c.padded() ? kernel / 2 : 0;
        var how = new Convolution().withStride(c.axes() == 1 ? new int[] {1, stride} : new int[] {stride, stride})
                .withPadding(c.axes() == 1 ? new int[] {0, pad} : new int[] {pad, pad});
        return new Conv2d(inputs, outputs, c.over(kernel), how, true, c.dtype(), null, rng);
    }

    static Layer norm(UNetConfig c, int width) {
        return switch (c.norm()) {
            case NONE -> Layer.of(x -> x);
            case BATCH -> new BatchNorm(width, 1e-5, 0.1, c.dtype());
            case GROUP -> new GroupNorm(groups(width), width, 1e-5, c.dtype());
        };
    }

    private static int groups(int width) {
        int groups = Math.min(8, width);
        while (width % groups != 0) groups--;
        return groups;
    }

    @Override protected Tensor compute(Tensor x, Pass pass) { return forward(x, null, null, pass); }

    /** @param embedded time, (batch, timeWidth), or null @param context (batch, T, contextWidth), or null */
    Tensor forward(Tensor x, Tensor embedded, Tensor context, Pass pass) {
        var act = config.activation();
        Tensor y;
        if (config.residual()) {
            y = timed(conv1.forward(act.forward(norm1.forward(x, pass), pass), pass), embedded, pass);
            y = act.forward(norm2.forward(y, pass), pass);
            y = conv2.forward(new Dropout(config.dropout()).forward(y, pass), pass);
            var kept = UNet.cropped(x, y);
            y = y.add(shortcut == null ? kept : shortcut.forward(kept, pass));
        } else {
            y = act.forward(norm1.forward(timed(conv1.forward(x, pass), embedded, pass), pass), pass);
            y = act.forward(norm2.forward(conv2.forward(y, pass), pass), pass);
        }
        return attention == null ? y : attended(y, context, pass);
    }

    private Tensor timed(Tensor y, Tensor embedded, Pass pass) {
        if (time == null) return y;
        var shift = time.forward(config.activation().forward(embedded, pass), pass);
        return y.add(shift.reshape(shift.size(0), shift.size(1), 1, 1));
    }

    private Tensor attended(Tensor y, Tensor context, Pass pass) {
        long n = y.size(0), c = y.size(1), h = y.size(2), w = y.size(3);
        var tokens = y.reshape(n, c, h * w).transpose(1, 2);
        var normal = attention_norm.forward(y, pass).reshape(n, c, h * w).transpose(1, 2);
        tokens = tokens.add(attention.forward(normal, pass));
        if (context_attention != null) tokens = tokens.add(context_attention.forward(context_norm.forward(tokens, pass), context, pass));
        return tokens.transpose(1, 2).reshape(n, c, h, w);
    }
}
