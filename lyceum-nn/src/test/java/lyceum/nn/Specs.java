package lyceum.nn;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import lyceum.backend.Convolution;
import lyceum.backend.Pooling;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;

/** Networks from the texts of {@code tools/golden/nn_basics.py}: {@code linear(3,5) tanh res{linear(5,5)} cat{linear(5,2)|norm(5)}}. */
final class Specs {
    private Specs() {}

    static Sequential sequence(String text, Rng rng) {
        var layers = new ArrayList<Layer>();
        for (var item : parts(text.strip(), ' ')) if (!item.isBlank()) layers.add(layer(item, rng));
        return new Sequential(layers);
    }

    private static Layer layer(String text, Rng rng) {
        if (text.endsWith("}")) {
            int at = text.indexOf('{');
            var inner = parts(text.substring(at + 1, text.length() - 1), '|');
            if (text.startsWith("res")) return new Residual(sequence(inner.getFirst(), rng));
            return new Branches(Join.concat(1), inner.stream().map(part -> sequence(part, rng)).toArray(Layer[]::new));
        }
        int at = text.indexOf('(');
        if (at < 0) return switch (text) {
            case "flatten" -> Layer.of((Tensor x) -> x.reshape(x.size(0), -1));
            case "avgpool" -> new AdaptiveAvgPool2d(1, 1);
            case "dropout" -> new Dropout(0.5);
            default -> Activation.valueOf(text.toUpperCase(Locale.ROOT));
        };
        int[] a = Arrays.stream(text.substring(at + 1, text.length() - 1).split(",")).mapToInt(Integer::parseInt).toArray();
        return switch (text.substring(0, at)) {
            case "linear" -> new Linear(a[0], a[1], rng);
            case "conv" -> new Conv2d(a[0], a[1], a[2], new Convolution().withPadding(a[3]), rng);
            case "maxpool" -> new MaxPool2d(new Pooling(a[0]));
            case "norm" -> new LayerNorm(a[0]);
            case "batch1", "batch2" -> new BatchNorm(a[0]);
            case "group" -> new GroupNorm(a[0], a[1]);
            default -> throw new AssertionError(text);
        };
    }

    /** Cut at a character outside of braces. */
    private static List<String> parts(String text, char cut) {
        var parts = new ArrayList<String>();
        int depth = 0, start = 0;
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            depth += c == '{' ? 1 : c == '}' ? -1 : 0;
            if (c != cut || depth != 0) continue;
            parts.add(text.substring(start, i));
            start = i + 1;
        }
        parts.add(text.substring(start));
        return parts;
    }
}
