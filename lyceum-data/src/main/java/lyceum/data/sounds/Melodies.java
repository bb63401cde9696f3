package lyceum.data.sounds;

import java.util.Objects;
import lyceum.random.Rng;
import lyceum.withers.Withers;

/**
 * Tunes of eight pitches, the major scale from C4 to C5, in slots of equal length, played with one of three timbres; and an ear that hears
 * them again.
 *
 * {@snippet :
 * var world = new Melodies();
 * Sound tune = world.play(Melodies.Style.RISING.draw(16, rng), Melodies.Timbre.HOLLOW, rng);
 * int[] pitches = world.pitches(tune);
 * }
 *
 * @param rate samples a second, at least 4000
 * @param slot samples of a slot, in which one pitch sounds
 * @param phases different phases at which a note may begin, evenly spread; 0 for any
 */
@Withers
public record Melodies(int rate, int slot, int phases) implements MelodiesWithers {
    /** How many pitches: 0 to 7. */
    public static final int PITCHES = 8;
    private static final int[] SEMITONES = {0, 2, 4, 5, 7, 9, 11, 12};

    /** How strong the harmonics are. */
    public enum Timbre {
        PURE(1, 0, 0), HOLLOW(0.8, 0, 0.6), BRIGHT(0.6, 0.6, 0.4);

        private final double[] harmonics;

        Timbre(double... harmonics) { this.harmonics = harmonics; }
    }

    /** How a tune moves. */
    public enum Style {
        /** Up the scale, a step a slot, and again from below. */
        RISING,
        /** Down the scale. */
        FALLING,
        /** Every second pitch of four, up and again. */
        ARPEGGIO,
        /** Another pitch in each slot, a third or more away, up and down by turns. */
        FAST,
        /** Each pitch stays for four slots. */
        SLOW;

        /** A random tune of that style. */
        public int[] draw(int slots, Rng rng) {
            var tune = new int[slots];
            int first = rng.nextInt(PITCHES), low = rng.nextInt(2);
            for (int i = 0; i < slots; i++) tune[i] = switch (this) {
                case RISING -> (first + i) % PITCHES;
                case FALLING -> Math.floorMod(first - i, PITCHES);
                case ARPEGGIO -> low + 2 * ((first + i) % 4);
                case FAST -> i % 2 == 0 ? rng.nextInt(3) : 5 + rng.nextInt(3);
                case SLOW -> i % 4 != 0 ? tune[i - 1] : i == 0 ? first : (tune[i - 1] + 1 + rng.nextInt(PITCHES - 1)) % PITCHES;
            };
            return tune;
        }

        /** Whether at least nine in ten of a tune's moves from slot to slot are of this style. */
        public boolean fits(int[] tune) {
            int right = 0;
            for (int i = 1; i < tune.length; i++) {
                int move = tune[i] - tune[i - 1];
                boolean turn = i > 1 && (move > 0) != (tune[i - 1] > tune[i - 2]);
                if (switch (this) {
                    case RISING -> Math.floorMod(move, PITCHES) == 1;
                    case FALLING -> Math.floorMod(move, PITCHES) == PITCHES - 1;
                    case ARPEGGIO -> move == 2 || move == -6;
                    case FAST -> Math.abs(move) >= 2 && (i == 1 || turn);
                    case SLOW -> i % 4 == 0 ? move != 0 : move == 0;
                }) right++;
            }
            return right >= 0.9 * (tune.length - 1);
        }
    }

    public Melodies {
        if (rate < 4_000 || slot < rate / 50 || phases < 0) throw new IllegalArgumentException("Melodies: slots of " + slot + " samples at "
                + rate + " a second, " + phases + " phases; at least 4000 and 20 ms, phases at least 0");
    }

    /** Slots of 64 ms at 4 kHz, any phase. */
    public Melodies() { this(4_000, 256, 0); }

    public Melodies(int rate, int slot) { this(rate, slot, 0); }

    /** Hertz of a pitch. */
    public static double frequency(int pitch) { return 261.6256 * Math.pow(2, SEMITONES[Objects.checkIndex(pitch, PITCHES)] / 12.0); }

    /** A tune: each note begins softly at a random phase and fades a little; neighbouring slots of one pitch are one note. */
    public Sound play(int[] tune, Timbre timbre, Rng rng) {
        var samples = new float[tune.length * slot];
        for (int i = 0; i < tune.length;) {
            int end = i + 1;
            while (end < tune.length && tune[end] == tune[i]) end++;
            double turn = phases > 0 ? (double) rng.nextInt(phases) / phases : rng.nextDouble(), phase = 2 * Math.PI * turn;
            double f = 2 * Math.PI * frequency(tune[i]) / rate, edge = rate * 0.004;
            int length = (end - i) * slot;
            for (int s = 0; s < length; s++) {
                double loud = 0.5 * Math.min(1, Math.min(s, length - s) / edge) * (1 - 0.4 * s / length), wave = 0;
                for (int h = 0; h < timbre.harmonics.length; h++) wave += timbre.harmonics[h] * Math.sin((h + 1) * (f * s + phase));
                samples[i * slot + s] = (float) (loud * wave);
            }
            i = end;
        }
        return new Sound(samples, rate);
    }

    /** The pitch of each whole slot: that whose harmonics hold most of the power. */
    public int[] pitches(Sound sound) {
        var heard = new int[sound.length() / slot];
        for (int i = 0; i < heard.length; i++) {
            double most = -1;
            for (int pitch = 0; pitch < PITCHES; pitch++) {
                double power = 0; // the fundamental counts most, for higher harmonics of one pitch lie near those of others
                for (int h = 1; h <= 3; h++) power += power(sound.channels()[0], i * slot, h * frequency(pitch)) / h;
                if (power > most) {
                    most = power;
                    heard[i] = pitch;
                }
            }
        }
        return heard;
    }

    /** The timbre whose harmonics are most like those of the whole slots together. */
    public Timbre timbre(Sound sound) {
        var pitches = pitches(sound);
        var heard = new double[3];
        for (int i = 0; i < pitches.length; i++)
            for (int h = 0; h < 3; h++) heard[h] += Math.sqrt(power(sound.channels()[0], i * slot, (h + 1) * frequency(pitches[i])));
        Timbre best = null;
        double likest = -1;
        for (var timbre : Timbre.values()) {
            double dot = 0, norm = 0;
            for (int h = 0; h < 3; h++) {
                dot += heard[h] * timbre.harmonics[h];
                norm += timbre.harmonics[h] * timbre.harmonics[h];
            }
            if (dot / Math.sqrt(norm) <= likest) continue;
            likest = dot / Math.sqrt(norm);
            best = timbre;
        }
        return best;
    }

    /** Of one slot at one frequency, under a Hann window. */
    private double power(float[] samples, int from, double frequency) {
        double re = 0, im = 0;
        for (int s = 0; s < slot; s++) {
            double window = 0.5 - 0.5 * Math.cos(2 * Math.PI * (s + 0.5) / slot), angle = 2 * Math.PI * frequency * s / rate;
            re += window * samples[from + s] * Math.cos(angle);
            im += window * samples[from + s] * Math.sin(angle);
        }
        return re * re + im * im;
    }
}
