package lyceum.models.ready;

import java.io.IOException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Objects;
import java.util.function.Function;
import lyceum.FormatException;
import lyceum.data.augment.Raster;
import lyceum.models.SavedModel;
import lyceum.models.generative.diffusion.NoiseStreams;
import lyceum.models.multimodal.CaptionPainter;
import lyceum.models.multimodal.CaptionWords;
import lyceum.progress.Progress;

/**
 * A painter of a folder: text becomes a picture.
 *
 * {@snippet :
 * var painter = PainterModel.load(Path.of("shapes.painter"));
 * Raster picture = painter.imagine("a red square at the top left", 20, 3, 1, Progress.SILENT);
 * }
 *
 * <p>What the folder's notes say: {@code words} that it knows, in the order of their ids, and {@code dropped}, the share of captions that it learned without.
 *
 * @param saved the folder
 */
public record PainterModel(SavedModel saved) {
    public PainterModel { Objects.requireNonNull(saved, "saved"); }

    /** Reads a folder. @see SavedModel#load */
    public static PainterModel load(Path folder) throws IOException { return new PainterModel(SavedModel.load(folder)); }

    /** A text as its words: small letters, without signs. */
    static String tidied(String text) { return text.replaceAll("[\\p{Punct}]+", " ").strip(); }

    /** Ids of texts whose words are those of a list; signs do not count. */
    static Function<String, int[]> reader(CaptionWords words) { return text -> words.apply(tidied(text)); }

    /** As {@link #reader}, of words in the order of their ids. */
    public static Function<String, int[]> reader(List<String> words) {
        var ids = new LinkedHashMap<String, Integer>();
        for (var word : words) ids.put(word, ids.size() + 3);
        return reader(new CaptionWords(ids));
    }

    /** The words of texts in the order of the alphabet. */
    public static List<String> words(List<String> texts) {
        return CaptionWords.of(texts.stream().map(PainterModel::tidied).toList()).ids().keySet().stream().sorted().toList();
    }

    /**
     * A picture, values from 0 to 1.
     *
     * @param steps at least 1
     * @param guidance 1 for none; above it the prompt is exaggerated
     * @throws FormatException if the model is no painter
     * @throws IllegalArgumentException if a word is unknown, naming it, or if there is guidance for a model that never learned without captions
     * @throws lyceum.progress.CancelledException if progress says so
     */
    public Raster imagine(String prompt, int steps, double guidance, long seed, Progress progress) {
        if (!(saved.model() instanceof CaptionPainter painter))
            throw new FormatException("the model is a " + saved.architecture().name() + "; pictures are imagined by a CaptionPainter");
        if (guidance != 1 && !(saved.notes().path("dropped").asDouble(0) > 0)) throw new IllegalArgumentException("guidance is " + guidance
                + " and the model never learned without its captions, so there is nothing to exaggerate them against; say 1");
        if (steps < 1 || steps > 10_000) throw new IllegalArgumentException("steps is " + steps + "; it lies between 1 and 10000");
        var drawn = painter.drawing(reader(saved.texts("words")), steps, guidance).draw(List.of(prompt), NoiseStreams.seeds(seed),
                progress);
        return Raster.of(drawn.get(0));
    }
}
