package lyceum.labs.models;

import static lyceum.labs.Bounds.above;

import java.util.ArrayList;
import java.util.List;
import lyceum.DType;
import lyceum.data.sounds.Melodies;
import lyceum.labs.Lab;
import lyceum.labs.LabBody;
import lyceum.labs.LabContext;
import lyceum.models.audio.AudioCodecConfig;
import lyceum.models.audio.CodecObjective;
import lyceum.models.audio.CodeStream;
import lyceum.models.audio.NeuralAudioCodec;
import lyceum.models.audio.SignalRatio;
import lyceum.models.audio.Stft;
import lyceum.models.generative.VectorQuantizerConfig;
import lyceum.optim.Adam;
import lyceum.plot.Audio;
import lyceum.plot.Figure;
import lyceum.plot.Plot;
import lyceum.random.Rng;
import lyceum.tensor.Tensor;
import lyceum.train.Trainer;

/** A codec learns tunes: each further book of codes adds bits, and what it adds can be heard less and less. */
@Lab(topics = "encodec", title = "A tune in a few bits")
final class AudioCodecLab implements LabBody {
    private static final Melodies WORLD = new Melodies(4_000, 256);

    @Override public void run(LabContext lab) {
        int books = lab.param("books", 4, 2, 8), codes = lab.param("codes of a book", 16, 2, 256);
        int epochs = lab.param("epochs", 5, 1, 100);
        var config = AudioCodecConfig.small().withRate(4_000).withStrides(List.of(4, 4)).withFilters(6).withBooks(books)
                .withBook(new VectorQuantizerConfig(codes, 16));
        var codec = new NeuralAudioCodec(config, lab.rng(1));
        var tunes = tunes(64, lab.rng(2));
        var trainer = new Trainer(new Adam(8e-3), epochs).withBatchSize(16);
        trainer.start(codec, 64, new CodecObjective().withSpectral(0).over(codec, tunes), null, lab.rng(3)).finish(lab.progress());

        var fresh = tunes(24, lab.rng(4));
        var ratios = new double[books];
        var rows = new ArrayList<List<?>>();
        var pictures = new ArrayList<Plot>(List.of(spectrogram("the tune itself", fresh)));
        var sounds = new ArrayList<Audio>(List.of(heard("The tunes themselves", fresh)));
        var waves = Figure.plot("The first 30 milliseconds of a note").line("the tune itself", times(), wave(fresh));
        for (int n = 1; n <= books; n++) {
            var ids = codec.encode(fresh, n);
            var back = codec.decode(ids);
            ratios[n - 1] = SignalRatio.siSnr(back, fresh).mean().item();
            rows.add(List.of(n, config.bitrate(n), CodeStream.pack(ids.select(0, 0), codes).length, ratios[n - 1],
                    codec.quantizer().books().get(n - 1).perplexity(ids.select(1, n - 1))));
            if (n == 1 || n == books) {
                pictures.add(spectrogram(n + (n == 1 ? " book" : " books"), back));
                waves = waves.line(n + (n == 1 ? " book" : " books"), times(), wave(back));
                sounds.add(heard("Heard by " + n + (n == 1 ? " book" : " books"), back));
            }
        }
        lab.table("Each rate", List.of("books", "bits a second", "bytes of a tune of 0.26 s", "SI-SNR (dB)", "codes in use"), rows);
        lab.figure(Figure.line("What each book adds", 1, ratios).axes("books", "SI-SNR (dB)")
                .describedAs("The ratio of tune to error by the number of books: a steep rise first, then less and less."));
        lab.figure(Figure.row("Seen", pictures.toArray(Plot[]::new)).describedAs(
                "Spectrograms of one tune, of its copy by one book, and by all: the pitches stand in each, the dirt between them goes away."));
        sounds.forEach(lab::figure);
        lab.figure(waves.axes("time (ms)", "amplitude")
                .describedAs("Samples of the tune and of its copies: one book has the beat of the note, all books its shape."));
        lab.say("One book is %.0f bits a second, %d are %.0f. The same codec serves all rates: books are left out from the end.",
                config.bitrate(1), books, config.bitrate(books));
        lab.shows("rise of SI-SNR from one book to all (dB)", ratios[books - 1] - ratios[0], above(0.5));
    }

    private static Tensor tunes(int count, Rng rng) {
        var all = new Tensor[count];
        for (int i = 0; i < count; i++) {
            var style = Melodies.Style.values()[rng.nextInt(5)];
            all[i] = WORLD.play(style.draw(4, rng), Melodies.Timbre.values()[rng.nextInt(3)], rng).tensor();
        }
        return Tensor.stack(0, all).compute();
    }

    private static Audio heard(String title, Tensor sounds) {
        return Figure.audio(title, 4_000, sounds.reshape(-1).to(DType.F64))
                .describedAs("Two dozen tunes, a quarter of a second each: with few books they are hoarse, with many clearer.");
    }

    private static Tensor times() { return Tensor.arange(120).to(DType.F64).div(4); }

    private static Tensor wave(Tensor sounds) { return sounds.get(0, 0).narrow(0, 20, 120).to(DType.F64); }

    private static Plot spectrogram(String title, Tensor sounds) {
        var power = new Stft(128, 32).power(sounds.get(0, 0)).add(1e-3).log().div(Math.log(10)).mul(10);
        return Figure.heatmap(title, power.transpose().to(DType.F64).toRows()).axes("frame of 8 ms", "bin of 31 Hz").measuring("dB");
    }
}
