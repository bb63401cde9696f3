package lyceum.models.multimodal;

import lyceum.models.text.TextTowerConfig;
import lyceum.nn.Init;
import lyceum.nn.Linear;
import lyceum.nn.Module;
import lyceum.nn.Pass;
import lyceum.nn.PositionalEncoding;
import lyceum.nn.TransformerDecoder;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;

/** CoCa's upper half: causal blocks over a text tower's tokens that look at a picture's, and the logits of the id that follows. */
final class CaptionDecoder extends Module {
    private final Linear memory;
    private final TransformerDecoder decoder;
    private final Linear head;

    CaptionDecoder(TextTowerConfig text, int pictureWidth, int depth, Rng rng) {
        var block = text.block().positioned(PositionalEncoding.none()).withCross(true);
        memory = new Linear(pictureWidth, text.width(), true, text.dtype(), Init.torchLinear(pictureWidth), rng);
        decoder = new TransformerDecoder(block, depth, rng);
        head = new Linear(text.width(), text.vocabulary(), false, text.dtype(), Init.normal(0.02), rng);
    }

    @Override protected Tensor compute(Tensor x, Pass pass) {
        throw new UnsupportedOperationException("CaptionDecoder: it looks at a picture; use forward(text, picture, pass)");
    }

    /** Tokens (n, T, width) of texts and (n, k, width) of pictures to logits (n, T, vocabulary). */
    Tensor forward(Tensor text, Tensor picture, Pass pass) {
        return head.forward(decoder.forward(text, memory.forward(picture, pass), pass), pass);
    }
}
