package lyceum.models.multimodal;

import java.util.ArrayList;
import java.util.EnumMap;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import lyceum.ShapeException;
import lyceum.data.scenes.CaptionedScenes;
import lyceum.data.scenes.Scene;
import lyceum.data.scenes.Scene.Shape;
import lyceum.models.generative.diffusion.VideoTransformer;
import lyceum.tensor.Tensor;

/**
 * Whether pictures show what was asked, by a reader of generated scenes that no model has touched, and preferences as a loss.
 *
 * {@snippet :
 * var report = TextToImageAlignment.measure(scenes, pictures, asked);
 * report.adherence();                                                 // share without a fault
 * report.faults().get(TextToImageAlignment.Fault.COLOUR);
 * }
 *
 * @see <a href="https://arxiv.org/abs/2310.11513">Ghosh, Hajishirzi and Schmidt (2023), GenEval</a>
 * @see <a href="https://arxiv.org/abs/2311.12908">Wallace and others (2024), Diffusion-DPO</a>
 */
public final class TextToImageAlignment {
    private TextToImageAlignment() {}

    /** What may be wrong with a picture. */
    public enum Fault {
        /** It shows nothing that could be read. */
        UNREADABLE,
        /** Too few or too many items. */
        COUNT,
        /** An item has another colour than was asked for in its place. */
        COLOUR,
        /** A filled circle in place of an outlined one, or the other way round. */
        STYLE,
        /** Another shape. */
        SHAPE,
        /** An item stands where none was asked for. */
        LAYOUT
    }

    /** The faults of a picture (3, size, size); empty if it shows the scene that was asked for and nothing else. */
    public static Set<Fault> faults(CaptionedScenes world, Tensor picture, Scene asked) {
        var read = world.read(picture);
        if (read.isEmpty()) return EnumSet.of(Fault.UNREADABLE);
        var faults = EnumSet.noneOf(Fault.class);
        var shown = read.get();
        if (shown.items().size() != asked.items().size()) faults.add(Fault.COUNT);
        for (var item : shown.items()) {
            var there = asked.items().stream().filter(a -> a.row() == item.row() && a.column() == item.column()).findFirst();
            if (there.isEmpty()) {
                faults.add(Fault.LAYOUT);
                continue;
            }
            if (item.colour() != there.get().colour()) faults.add(Fault.COLOUR);
            if (item.shape() != there.get().shape())
                faults.add(round(item.shape()) && round(there.get().shape()) ? Fault.STYLE : Fault.SHAPE);
        }
        return faults;
    }

    private static boolean round(Shape shape) { return shape == Shape.CIRCLE || shape == Shape.RING; }

    /**
     * How a set of pictures fares.
     *
     * @param adherence share of pictures without a fault
     * @param diversity root mean squared difference of two pictures of one prompt, over all pairs; NaN if every prompt has one
     * @param faults how many pictures have each
     */
    public record Report(double adherence, double diversity, Map<Fault, Integer> faults) {}

    /** Of pictures (n, 3, size, size) and the scene that was asked for each time; equal scenes are one prompt. */
    public static Report measure(CaptionedScenes world, Tensor pictures, List<Scene> asked) {
        int n = asked.size(), right = 0;
        if (n == 0 || pictures.rank() != 4 || pictures.size(0) != n) throw new ShapeException(
                "TextToImageAlignment: pictures " + pictures.shape() + " for " + n + " scenes; one for each, at least one");
        var counts = new EnumMap<Fault, Integer>(Fault.class);
        for (var fault : Fault.values()) counts.put(fault, 0);
        var pixels = new ArrayList<float[]>();
        for (int i = 0; i < n; i++) {
            var faults = faults(world, pictures.get(i), asked.get(i));
            if (faults.isEmpty()) right++;
            for (var fault : faults) counts.merge(fault, 1, Integer::sum);
            pixels.add(pictures.get(i).flatten().toFloatArray());
        }
        double sum = 0;
        long pairs = 0;
        for (int i = 0; i < n; i++) for (int j = 0; j < i; j++) {
            if (!asked.get(i).equals(asked.get(j))) continue;
            pairs++;
            float[] a = pixels.get(i), b = pixels.get(j);
            double square = 0;
            for (int p = 0; p < a.length; p++) square += (a[p] - b[p]) * (a[p] - b[p]);
            sum += square / a.length;
        }
        return new Report((double) right / n, Math.sqrt(sum / pairs), counts);
    }

    /**
     * Diffusion-DPO, {@code -log sigmoid(-beta ((w - w_ref) - (l - l_ref)))}, a mean over pairs.
     *
     * @param winner squared errors (n) of the model on the preferred pictures, noised
     * @param winnerReference those of the frozen reference
     * @param loser errors on the rejected pictures at the same times
     * @param loserReference those of the reference
     * @param beta thousands, where errors differ by thousandths
     */
    public static Tensor dpoLoss(Tensor winner, Tensor winnerReference, Tensor loser, Tensor loserReference, double beta) {
        if (!(beta > 0)) throw new IllegalArgumentException("TextToImageAlignment.dpoLoss: beta is " + beta + "; it is above 0");
        for (var other : List.of(winnerReference, loser, loserReference))
            if (winner.rank() != 1 || !other.shape().equals(winner.shape())) throw new ShapeException(
                    "TextToImageAlignment.dpoLoss: errors " + winner.shape() + " and " + other.shape() + "; all four are (n)");
        return winner.sub(winnerReference).sub(loser.sub(loserReference)).mul(beta).softplus().mean();
    }

    /**
     * The loss of binding words to places: a mean of {@code (1 - s)^2} over the words that have a place, s being the share of all looks at a word that come from
     * there. Maps of several heads are averaged first.
     *
     * @param maps (n, heads, positions, words), as {@link VideoTransformer#look} gives
     * @param places (n, words, positions): 1 where what a word speaks of stands; words without a place have zeros alone
     * @see <a href="https://arxiv.org/abs/2312.03626">Wang, Sha, Ding, Wang and Tu (2024), TokenCompose</a>
     */
    public static Tensor bindingLoss(Tensor maps, Tensor places) {
        if (maps.rank() != 4 || places.rank() != 3 || maps.size(0) != places.size(0) || maps.size(2) != places.size(2)
                || maps.size(3) != places.size(1))
            throw new ShapeException("TextToImageAlignment.bindingLoss: maps " + maps.shape() + " and places " + places.shape()
                    + "; they are (n, heads, positions, words) and (n, words, positions)");
        var looks = maps.mean(1).transpose();
        var there = looks.mul(places).sum(2).div(looks.sum(2));
        var placed = places.sum(2).gt(0).to(maps.dtype());
        return there.rsub(1).square().mul(placed).sum().div(placed.sum().clamp(1, Double.MAX_VALUE));
    }

    /**
     * Where the words of captions stand, for {@link #bindingLoss}: of each item its colour's and its shape's word have the item's cell, other words none.
     * Word i of a caption is vector {@code i + 1} of its text, after the mark of the beginning.
     *
     * @param words vectors of a text
     * @param patch side of a position in pixels
     * @return (n, words, positions), F32
     */
    public static Tensor places(CaptionedScenes world, List<Scene> scenes, int words, int patch) {
        int side = world.size() / patch, positions = side * side;
        if (side * patch != world.size())
            throw new ShapeException("TextToImageAlignment.places: patches of " + patch + " pixels in pictures of " + world.size());
        var places = new float[scenes.size() * words * positions];
        for (int i = 0; i < scenes.size(); i++) {
            var caption = List.of(world.caption(scenes.get(i)).split(" "));
            if (caption.size() + 1 > words) throw new ShapeException("TextToImageAlignment.places: \"" + String.join(" ", caption)
                    + "\" has " + caption.size() + " words, and there are " + words + " vectors, the first of them for the beginning");
            int word = 0;
            for (var item : scenes.get(i).items()) {
                while (!caption.get(word).equals(item.colour().word())) word++;
                for (int p = 0; p < positions; p++) {
                    if ((2 * (p / side) + 1) * world.rows() / (2 * side) != item.row()
                            || (2 * (p % side) + 1) * world.columns() / (2 * side) != item.column())
                        continue;
                    places[(i * words + word + 1) * positions + p] = 1;
                    places[(i * words + word + 2) * positions + p] = 1;
                }
                word += 2;
            }
        }
        return Tensor.of(places, scenes.size(), words, positions);
    }
}
