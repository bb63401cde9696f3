package lyceum.models.multimodal;

import java.util.Arrays;
import java.util.List;
import java.util.function.UnaryOperator;
import lyceum.models.generative.diffusion.NoiseStreams;
import lyceum.models.generative.diffusion.VideoDiffusion;
import lyceum.models.generative.diffusion.VideoOptions;
import lyceum.models.generative.latent.PictureOptions;
import lyceum.models.generative.latent.PromptEncoder;
import lyceum.models.generative.latent.StableDiffusion;
import lyceum.progress.Progress;
import lyceum.tensor.Tensor;

/**
 * Pictures from captions, whatever draws them: codes one after another ({@link AutoregressivePainter}), or noise that is taken away.
 *
 * {@snippet :
 * TextToImage painter = TextToImage.of(stableDiffusion, new PictureOptions(64)).rewriting(expander).best(8, scorer);
 * Tensor pictures = painter.draw(List.of("a red square on the left"), NoiseStreams.seeds(1), Progress.SILENT);      // (1, 3, 64, 64) in [0, 1]
 * }
 *
 * @see <a href="https://arxiv.org/abs/2102.12092">Ramesh and others (2021), codes and reranking</a>
 * @see <a href="https://arxiv.org/abs/2205.11487">Saharia and others (2022), diffusion by a frozen text encoder, cascades</a>
 */
@FunctionalInterface
public interface TextToImage {
    /** A picture (channels, height, width) in [0, 1] for each prompt. @param noise a stream for each: the same streams give the same pictures */
    Tensor draw(List<String> prompts, NoiseStreams noise, Progress progress);

    /** By diffusion in the codes of an autoencoder. */
    static TextToImage of(StableDiffusion model, PictureOptions options) {
        return (prompts, noise, progress) -> model.imagine(prompts, options, noise, progress);
    }

    /** By a transformer over pixels: clips of one frame in [-1, 1] whose context is the text. */
    static TextToImage of(VideoDiffusion model, PromptEncoder text, VideoOptions options) {
        if (options.frames() != 1)
            throw new IllegalArgumentException("TextToImage: clips of " + options.frames() + " frames; a picture has one");
        return (prompts, noise, progress) -> {
            if (prompts.size() != noise.size()) throw new IllegalArgumentException(
                    "TextToImage: " + prompts.size() + " prompts and " + noise.size() + " streams of noise; one for each");
            return model.sample(text.encode(prompts), options, noise, progress).select(1, 0).add(1).div(2).clamp(0, 1).compute();
        };
    }

    /** Prompts are rewritten first: brief ones expanded into what the model was trained on. */
    default TextToImage rewriting(UnaryOperator<String> rewriter) {
        return (prompts, noise, progress) -> draw(prompts.stream().map(rewriter).toList(), noise, progress);
    }

    /** Of so many pictures for each prompt the one that a scorer likes most, the first of several. */
    default TextToImage best(int of, PictureScorer scorer) {
        if (of < 1) throw new IllegalArgumentException("TextToImage.best: the best of " + of + "; at least 1");
        return (prompts, noise, progress) -> {
            int n = prompts.size();
            double[] best = new double[n];
            Arrays.fill(best, Double.NEGATIVE_INFINITY);
            var chosen = new Tensor[n];
            for (int k = 0; k < of; k++) {
                var pictures = draw(prompts, noise, progress);
                double[] scores = scorer.score(pictures, prompts);
                for (int i = 0; i < n; i++) {
                    PictureScorer.requireNumber(scores[i], prompts.get(i));
                    if (chosen[i] != null && !(scores[i] > best[i])) continue;
                    best[i] = scores[i];
                    chosen[i] = pictures.get(i);
                }
                progress.step("candidates", k + 1L, of);
            }
            return Tensor.stack(0, chosen).compute();
        };
    }

    /** A stage of a cascade: larger pictures from small ones and their prompts. */
    @FunctionalInterface
    interface Enlarger {
        /** @param pictures in [0, 1], the small ones */
        Tensor enlarge(Tensor pictures, List<String> prompts, NoiseStreams noise, Progress progress);
    }

    /** What is drawn goes on into another stage. */
    default TextToImage enlarged(Enlarger stage) {
        return (prompts, noise, progress) -> stage.enlarge(draw(prompts, noise, progress), prompts, noise, progress);
    }
}
