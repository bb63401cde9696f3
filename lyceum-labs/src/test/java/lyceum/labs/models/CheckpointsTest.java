package lyceum.labs.models;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.util.Map;
import lyceum.data.ContentHash;
import lyceum.data.scenes.SceneSample;
import lyceum.format.Safetensors;
import lyceum.random.Rng;
import org.junit.jupiter.api.Test;

/** What a checkpoint that a lab loads says of its making, against what the code makes today. */
class CheckpointsTest {
    private static final int MOST = 512 << 10, PICTURES = 1200;

    private static Map<String, String> metadata(String name) throws IOException {
        try (var in = StableDiffusionLab.class.getResourceAsStream(name)) {
            var bytes = in.readAllBytes();
            assertThat(bytes.length).as("bytes of " + name).isLessThanOrEqualTo(MOST);
            return Safetensors.read(MemorySegment.ofArray(bytes)).metadata();
        }
    }

    @Test void picturesFromSentencesWereLearnedFromTheScenesOfToday() throws IOException {
        var said = metadata("captioned-scenes.safetensors");
        assertThat(said).containsEntry("formatVersion", "1")
                .containsEntry("data", StableDiffusionLab.SCENES + ", " + PICTURES + " pictures")
                .containsEntry("command", "StableDiffusionTest with -Dlyceum.checkpoint=FILE").containsKey("seed");
        assertThat(said.get("config"))
                .startsWith(StableDiffusionLab.TEXT + "; " + StableDiffusionLab.NET + "; " + StableDiffusionLab.CODEC + "; ");
        var data = SceneSample.of(StableDiffusionLab.SCENES, PICTURES, Rng.of(Long.parseLong(said.get("seed"))));
        assertThat(said).containsEntry("dataHash", data.hash());
        assertThat(ContentHash.isOne(data.hash())).isTrue();
    }
}
