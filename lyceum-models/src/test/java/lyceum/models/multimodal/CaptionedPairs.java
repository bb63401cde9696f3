package lyceum.models.multimodal;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import lyceum.data.scenes.CaptionedScenes;
import lyceum.data.scenes.Scene;
import lyceum.models.text.TextTower;
import lyceum.models.text.TextTowerConfig;
import lyceum.models.vision.VisionTransformer;
import lyceum.models.vision.VisionTransformerConfig;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;

/**
 * Pictures of one shape and sentences about it: 8 colours and 4 shapes, of which 24 combinations are for learning and 8, a colour each, are not.
 *
 * @param images (n, 3, 16, 16), jittered, with noise
 * @param scenes which of {@link #SCENES} each shows
 */
record CaptionedPairs(Tensor images, int[] scenes) {
    static final CaptionedScenes WORLD = new CaptionedScenes(16, 8, 4, 1, 1, 2);
    static final List<Scene> SCENES = WORLD.singles();
    static final List<String> TEMPLATES = List.of("a {}", "a picture of a {}", "there is a {}");
    static final CaptionWords WORDS = CaptionWords.of(SCENES.stream().flatMap(s -> TEMPLATES.stream().map(t -> sentence(t, s))).toList());
    static final int[] ALL = new int[32], SEEN = new int[24], UNSEEN = new int[8];

    static {
        int seen = 0, unseen = 0;
        for (int i = 0; i < 32; i++) {
            ALL[i] = i;
            if (i % 4 == i / 4 % 4) UNSEEN[unseen++] = i;
            else SEEN[seen++] = i;
        }
    }

    static String name(int scene) { return SCENES.get(scene).only().name(); }

    private static String sentence(String template, Scene scene) { return template.replace("{}", scene.only().name()); }

    /** So many pictures of each. */
    static CaptionedPairs of(int[] which, int each, Rng rng) {
        var scenes = new int[which.length * each];
        for (int i = 0; i < scenes.length; i++) scenes[i] = which[i % which.length];
        return new CaptionedPairs(WORLD.pictures(Arrays.stream(scenes).mapToObj(SCENES::get).toList(), 0.1, rng), scenes);
    }

    /** Ids of a sentence about each picture, or about another one where they are shuffled. */
    Tensor ids(TextTower tower, boolean shuffled, Rng rng) {
        int[] order = shuffled ? rng.permutation(scenes.length) : null;
        var captions = new ArrayList<String>();
        for (int i = 0; i < scenes.length; i++)
            captions.add(sentence(TEMPLATES.get(rng.nextInt(3)), SCENES.get(scenes[order == null ? i : order[i]])));
        return tower.ids(captions, WORDS);
    }

    static VisionTransformer vision(Rng rng) {
        return new VisionTransformer(new VisionTransformerConfig(16, 4, 3, 48, 2, 4).withHidden(96), rng);
    }

    static TextTowerConfig text() { return new TextTowerConfig(WORDS.vocabulary(), 8, 32, 1, 2).withHidden(64); }

    /** Share of these pictures whose scene a classifier of all prompts finds among these. */
    static double zeroShot(ImageTextEncoder encoder, CaptionedPairs pairs, int[] among) {
        var names = new ArrayList<String>();
        for (int scene : among) names.add(name(scene));
        long[] found = encoder.classifier(names, TEMPLATES, WORDS).predict(pairs.images).toLongArray();
        int right = 0;
        for (int i = 0; i < found.length; i++) if (among[(int) found[i]] == pairs.scenes[i]) right++;
        return (double) right / found.length;
    }
}
