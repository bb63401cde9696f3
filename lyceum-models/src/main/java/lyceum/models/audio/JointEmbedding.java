package lyceum.models.audio;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import lyceum.DType;
import lyceum.ShapeException;
import lyceum.autograd.Autograd;
import lyceum.backend.Convolution;
import lyceum.models.generative.ResidualQuantizer;
import lyceum.models.generative.VectorQuantizerConfig;
import lyceum.nn.Conv1d;
import lyceum.nn.Embedding;
import lyceum.nn.Linear;
import lyceum.nn.Module;
import lyceum.nn.Pass;
import lyceum.nn.loss.CrossEntropy;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;

/**
 * Sound and text in one space: a clip's log-mel spectrogram and its caption become vectors of length 1, which a contrastive loss brings
 * together. The vectors' {@linkplain #tokens tokens} are conditions of an {@link AudioLm}: it learns from those of sound, which needs no
 * captions, and is told what to play by those of text.
 *
 * {@snippet :
 * var joint = new JointEmbedding(new MelSpectrogram(4_000, 256, 128, 32), 40, 16, 2, 8, rng);
 * Tensor loss = joint.loss(joint.seen(x), new int[][] {{3, 17}, {5}}, Pass.training(rng));
 * joint.startTokens(x, rng);
 * Tensor told = joint.tokens(joint.ofText(new int[][] {{3, 17}}));
 * }
 *
 * @see <a href="https://arxiv.org/abs/2208.12415">Huang et al. (2022): MuLan</a>
 */
public final class JointEmbedding extends Module {
    private static final double TEMPERATURE = 0.1;
    private final MelSpectrogram mel;
    private final Conv1d first, second;
    private final Linear sound, text;
    private final Embedding words;
    private final ResidualQuantizer books;

    /**
     * @param words different words of captions
     * @param width of the space
     * @param tokens of an embedding, each of a residual book
     * @param codes of each book
     */
    public JointEmbedding(MelSpectrogram mel, int words, int width, int tokens, int codes, Rng rng) {
        this.mel = mel;
        first = new Conv1d(mel.bands(), 32, 3, new Convolution().withPadding(1), rng);
        second = new Conv1d(32, 32, 5, new Convolution().withPadding(2), rng);
        sound = new Linear(32, width, rng);
        text = new Linear(width, width, rng);
        this.words = new Embedding(words, width, rng);
        books = new ResidualQuantizer(new VectorQuantizerConfig(codes, width), tokens, false, rng);
    }

    /** Of spectrograms. */
    @Override protected Tensor compute(Tensor x, Pass pass) {
        var y = second.forward(first.forward(x, pass).relu(), pass).relu();
        return unit(sound.forward(y.mean(2), pass));
    }

    private static Tensor unit(Tensor x) { return x.div(x.square().sum(-1, true).add(1e-12).sqrt()); }

    /** Log-mel spectrograms (n, bands, frames) of sounds (n, 1, samples). */
    public Tensor seen(Tensor sounds) { return mel.logarithmic(sounds.squeeze(1)); }

    /** Vectors (n, width) of sounds (n, 1, samples). */
    public Tensor ofSound(Tensor sounds) { return Autograd.noGrad(() -> forward(seen(sounds)).compute()); }

    /** Vectors (n, width) of captions, each some words, whose order does not count. */
    public Tensor ofText(int[][] captions) { return Autograd.noGrad(() -> texts(List.of(captions), Pass.inference()).compute()); }

    private Tensor texts(List<int[]> captions, Pass pass) {
        var means = new Tensor[captions.size()];
        for (var caption : captions)
            if (caption.length == 0) throw new IllegalArgumentException("JointEmbedding: a caption of no words; it has at least one");
        for (int i = 0; i < means.length; i++) means[i] = words.forward(Tensor.of(captions.get(i)), pass).mean(0);
        return unit(text.forward(Tensor.stack(0, means), pass));
    }

    /**
     * How well each sound finds its caption among the different ones of the batch, and each caption one of its sounds. @param seen (n,
     * bands, frames)
     */
    public Tensor loss(Tensor seen, int[][] captions, Pass pass) {
        if (captions.length != seen.size(0)) throw new ShapeException(
                "JointEmbedding.loss: " + captions.length + " captions for spectrograms " + seen.shape() + "; one each");
        var different = new ArrayList<int[]>();
        var own = new int[captions.length];
        for (int i = 0; i < own.length; i++) {
            own[i] = -1;
            for (int k = 0; k < different.size(); k++) if (Arrays.equals(different.get(k), captions[i])) own[i] = k;
            if (own[i] >= 0) continue;
            own[i] = different.size();
            different.add(captions[i]);
        }
        var logits = forward(seen, pass).matmul(texts(different, pass).transpose()).div(TEMPERATURE);
        var mine = Tensor.of(own).oneHot(DType.F32, different.size());
        var found = logits.logSumExp(0).sub(logits.add(mine.log()).logSumExp(0)).mean(); // a caption's sounds together
        return new CrossEntropy().of(logits, Tensor.of(own)).add(found).mul(0.5);
    }

    /** Sets the books of tokens by k-means on the vectors of sounds. */
    public void startTokens(Tensor sounds, Rng rng) { books.start(ofSound(sounds), 100, rng); }

    /** Vectors (n, width) as tokens (n, tokens), I64. */
    public Tensor tokens(Tensor vectors) { return books.ids(vectors); }
}
