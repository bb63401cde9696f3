import java.nio.file.Path;
import lyceum.data.sounds.Wav;
import lyceum.models.audio.VoiceActivity;

/**
 * Tells when somebody speaks in a WAV.
 *
 *     java -cp "$(cat .lyceum/classpath)" --add-modules jdk.incubator.vector examples/FindSpeech.java examples/speech.wav .lyceum/models/silero_vad_v5.onnx
 */
void main(String[] args) throws Exception {
    var sound = Wav.read(Path.of(args[0]));
    for (var part : VoiceActivity.load(Path.of(args[1])).segments(sound)) {
        System.out.printf("speech from %.2f s to %.2f s%n", part.from(), part.to());
    }
}
