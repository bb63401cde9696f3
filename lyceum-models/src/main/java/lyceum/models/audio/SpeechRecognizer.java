package lyceum.models.audio;

import lyceum.nn.Init;
import lyceum.nn.Linear;
import lyceum.nn.Module;
import lyceum.nn.Pass;
import lyceum.nn.loss.CtcLoss;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;

/**
 * Speech to symbols by CTC: a {@link Conformer} and a layer over the symbols and the blank, which is class 0. It learns from clips and what is said in them,
 * without being told when.
 *
 * {@snippet :
 * var recognizer = new SpeechRecognizer(new SpeechRecognizerConfig(ConformerConfig.small(40), 28), rng);
 * Tensor logs = recognizer.forward(spectrograms, pass);             // (n, frames, bands) to (n, frames / step, 29), log probabilities
 * int[] symbols = CtcDecoder.greedy(logs.get(0), 0);
 * }
 *
 * <p>Children: {@code encoder}, {@code head}.
 *
 * @see <a href="https://arxiv.org/abs/2005.08100">Gulati et al. (2020)</a>
 */
public final class SpeechRecognizer extends Module {
    private final SpeechRecognizerConfig config;
    private final Conformer encoder;
    private final Linear head;

    public SpeechRecognizer(SpeechRecognizerConfig config, Rng rng) {
        this.config = config;
        encoder = new Conformer(config.encoder(), rng);
        int width = config.encoder().width();
        head = new Linear(width, config.symbols() + 1, true, config.encoder().dtype(), Init.torchLinear(width), rng);
    }

    public SpeechRecognizerConfig config() { return config; }

    /** Log probabilities (n, frames, symbols + 1) of whole spectrograms (n, T, bands). */
    @Override protected Tensor compute(Tensor spectrograms, Pass pass) {
        return head.forward(encoder.forward(spectrograms, pass), pass).logSoftmax(2);
    }

    /** Frames that are left of so many of a spectrogram. */
    public int frames(int given) { return (given + config.encoder().step() - 1) / config.encoder().step(); }

    /**
     * The mean loss of clips of different lengths.
     *
     * @param spectrograms (n, T, bands)
     * @param lengths frames of each that are no padding
     * @param symbols what is said in each, numbers from 1 on
     */
    public Tensor loss(Tensor spectrograms, int[] lengths, int[][] symbols, Pass pass) {
        var heard = encoder.encode(spectrograms, lengths, pass);
        return new CtcLoss().of(head.forward(heard.states(), pass).logSoftmax(2).transpose(0, 1), heard.lengths(), symbols);
    }
}
