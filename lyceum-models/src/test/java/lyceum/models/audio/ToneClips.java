package lyceum.models.audio;

import java.util.ArrayList;
import java.util.List;
import lyceum.data.sounds.ToneWords;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;

/** Utterances of {@link ToneWords} and their log-mel spectrograms, (n, bands, frames). */
record ToneClips(List<ToneWords.Utterance> said, Tensor seen) {
    /** 8 kHz, windows of 32 ms, 10 ms apart, 24 bands. */
    static final MelSpectrogram MEL = new MelSpectrogram(8_000, 256, 80, 24);

    static ToneClips draw(ToneWords world, int n, Rng rng) {
        var said = new ArrayList<ToneWords.Utterance>();
        for (int i = 0; i < n; i++) said.add(world.draw(rng));
        return of(said);
    }

    static ToneClips of(List<ToneWords.Utterance> said) {
        return new ToneClips(said, Tensor.stack(0, said.stream().map(u -> MEL.logarithmic(u.sound())).toArray(Tensor[]::new)).compute());
    }

    int size() { return said.size(); }

    /** Words as labels from 1 on. */
    int[][] labels(int... rows) {
        var labels = new int[rows.length][];
        for (int i = 0; i < rows.length; i++) {
            labels[i] = said.get(rows[i]).words().clone();
            for (int w = 0; w < labels[i].length; w++) labels[i][w]++;
        }
        return labels;
    }
}
