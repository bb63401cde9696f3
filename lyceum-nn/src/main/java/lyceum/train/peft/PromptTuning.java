package lyceum.train.peft;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import lyceum.autograd.Autograd;
import lyceum.nn.Adapter;
import lyceum.nn.Embedding;
import lyceum.nn.Module;
import lyceum.nn.MultiHeadAttention;
import lyceum.nn.Pass;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;
import lyceum.withers.Withers;

/**
 * Learned input vectors before the embedded tokens: {@code p d} numbers. They come out of the embedding, so that positions are counted from them, and
 * where the model gives something for each position, what it gives for them is cut off: (batch, T) tokens still lead to (batch, T, ..). Key lengths
 * of a padded batch are told without the prompt. For whole sequences; a cache would see the prompt again with each token.
 *
 * @param length p; 0 changes nothing
 * @param tokens whose embeddings the prompt begins with, over and over until it is full; empty for tokens drawn at random
 * @param target the embedding's name, or its end: the first that matches
 * @see <a href="https://arxiv.org/abs/2104.08691">Lester, Al-Rfou and Constant (2021)</a>
 */
@Withers
public record PromptTuning(int length, List<Integer> tokens, String target) implements PeftMethod, PromptTuningWithers {
    public PromptTuning {
        if (length < 0) throw new IllegalArgumentException("PromptTuning: length is " + length + "; it is at least 0");
        tokens = List.copyOf(tokens);
    }

    /** Before what the model's first embedding gives, begun with tokens drawn at random. */
    public PromptTuning(int length) { this(length, List.of(), "*"); }

    @Override public List<Peft.Piece> pieces(Module model, String name, Rng rng) {
        var place = PeftMethod.places("PromptTuning", model, List.of(target), m -> m instanceof Embedding).getFirst();
        var table = ((Embedding) place.module()).weight();
        var first = new long[length];
        for (int i = 0; i < length; i++) first[i] = tokens.isEmpty() ? rng.nextInt((int) table.size(0)) : tokens.get(i % tokens.size());
        var prompt = length == 0 ? Tensor.zeros(table.dtype(), 0, table.size(1))
                : Autograd.noGrad(() -> table.detach().indexSelect(0, Tensor.of(first)).compute());
        var pieces = new ArrayList<Peft.Piece>();
        pieces.add(new Peft.Piece(place.name(), place.module(), new Prompt(name, prompt)));
        pieces.add(new Peft.Piece("", model, new Cut(length)));
        // A memory has the prompt too where one embedding serves both sides.
        boolean single = model.modules().values().stream().filter(m -> m instanceof Embedding).count() == 1;
        model.modules().forEach((at, module) -> {
            if (length > 0 && module instanceof MultiHeadAttention && (single || !at.endsWith("cross_attention")))
                pieces.add(new Peft.Piece(at, module, new Longer(length)));
        });
        return pieces;
    }

    private static final class Prompt extends Module implements Adapter {
        private final Map<String, Module> prompt_embeddings;

        Prompt(String name, Tensor first) { prompt_embeddings = Map.of(name, new Held(first)); }

        @Override protected Tensor compute(Tensor y, Pass pass) {
            var own = ((Held) prompt_embeddings.values().iterator().next()).weight();
            if (own.size(0) == 0) return y;
            return Tensor.concat(1, own.unsqueeze(0).expand(y.size(0), own.size(0), own.size(1)), y);
        }

        @Override public Tensor adapt(Tensor x, Tensor y, Pass pass) { return forward(y, pass); }
    }

    /** Lengths of keys are told in tokens. */
    private static final class Longer extends Module implements MultiHeadAttention.Grown {
        private final long length;

        Longer(long length) { this.length = length; }

        @Override public long length() { return length; }

        @Override protected Tensor compute(Tensor x, Pass pass) { return x; }
    }

    /** Takes the prompt's positions off the model's output. */
    private static final class Cut extends Module implements Adapter {
        private final int length;

        Cut(int length) { this.length = length; }

        @Override protected Tensor compute(Tensor y, Pass pass) { return y.narrow(1, length, y.size(1) - length); }

        @Override public Tensor adapt(Tensor x, Tensor y, Pass pass) {
            return length > 0 && y.rank() > 2 && x.rank() > 1 && y.size(1) == x.size(1) + length ? forward(y, pass) : y;
        }
    }
}
