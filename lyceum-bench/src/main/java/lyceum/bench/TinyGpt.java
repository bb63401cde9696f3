package lyceum.bench;

import java.util.List;
import java.util.stream.IntStream;
import lyceum.DType;
import lyceum.nn.Embedding;
import lyceum.nn.GptBlock;
import lyceum.nn.Init;
import lyceum.nn.LayerNorm;
import lyceum.nn.Linear;
import lyceum.nn.Module;
import lyceum.nn.Pass;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;

/** A GPT-2 as a user would write it: token numbers (batch, T) to logits (batch, T, vocabulary). {@code torch_peer.py} has the same. */
final class TinyGpt extends Module {
    private final Embedding tokens, places;
    private final List<GptBlock> blocks;
    private final LayerNorm norm;
    private final Linear head;

    TinyGpt(int vocabulary, int layers, int heads, int width, int block, Rng rng) {
        tokens = new Embedding(vocabulary, width, rng);
        places = new Embedding(block, width, rng);
        blocks = IntStream.range(0, layers).mapToObj(i -> new GptBlock(width, heads, rng)).toList();
        norm = new LayerNorm(width);
        head = new Linear(width, vocabulary, false, DType.F32, Init.normal(0.02), rng);
    }

    @Override protected Tensor compute(Tensor x, Pass pass) {
        var h = tokens.forward(x, pass).add(places.forward(Tensor.arange(x.size(1)), pass));
        for (var block : blocks) h = block.forward(h, pass);
        return head.forward(norm.forward(h, pass), pass);
    }
}
