package lyceum.data.scenes;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;
import lyceum.data.ContentHash;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;

/**
 * Scenes of one item each, drawn at random, with their captions and pictures: what a model learned from, which its checkpoint names by a hash.
 *
 * @param pictures (n, 3, size, size) in [0, 1], F32
 */
public record SceneSample(List<Scene> scenes, List<String> captions, Tensor pictures) {
    public SceneSample {
        scenes = List.copyOf(scenes);
        captions = List.copyOf(captions);
    }

    /** So many from a world: the same of the same stream. */
    public static SceneSample of(CaptionedScenes world, int count, Rng rng) {
        if (count < 1) throw new IllegalArgumentException("SceneSample: " + count + " scenes; at least 1");
        var scenes = new ArrayList<Scene>();
        var pictures = new Tensor[count];
        for (int i = 0; i < count; i++) {
            scenes.add(world.draw(1, rng));
            pictures[i] = world.picture(scenes.get(i), rng);
        }
        return new SceneSample(scenes, scenes.stream().map(world::caption).toList(), Tensor.stack(0, pictures).compute());
    }

    /** The {@link ContentHash} of all captions, then of all pixels. */
    public String hash() {
        var hash = ContentHash.begin();
        captions.forEach(hash::part);
        var pixels = pictures.toFloatArray();
        var bytes = ByteBuffer.allocate(Float.BYTES * pixels.length).order(ByteOrder.LITTLE_ENDIAN);
        bytes.asFloatBuffer().put(pixels);
        return hash.bytes(bytes.array(), 0, bytes.capacity()).hex();
    }
}
