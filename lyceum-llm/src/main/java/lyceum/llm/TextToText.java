package lyceum.llm;

import java.util.List;
import java.util.Locale;
import lyceum.withers.Withers;

/**
 * A task as text in and text out, told by its prefix: classification, translation, questions, and numbers written as words.
 *
 * {@snippet :
 * TextToText.translation("English", "German").input("That is good.");            // translate English to German: That is good.
 * var cola = TextToText.classification("cola", List.of("sentence"), List.of("unacceptable", "acceptable"));
 * cola.input("He go.");                                                          // cola sentence: He go.
 * cola.label("acceptable");                                                      // 1; -1 for what is no label
 * var stsb = TextToText.regression("stsb", List.of("sentence1", "sentence2"), 1, 5, 0.2);
 * stsb.numeral(3.76);                                                            // 3.8
 * }
 *
 * @param prefix what the input begins with, its colon included where it has one; empty for none
 * @param fields names before each part of the input, a colon behind each; an empty name for none
 * @param labels texts of the classes; empty for other tasks
 * @param low of the numbers
 * @param high of the numbers
 * @param step to which numbers are rounded; 0 for other tasks
 * @see <a href="https://arxiv.org/abs/1910.10683">Raffel et al. (2020), section 2.4 and appendix D</a>
 */
@Withers
public record TextToText(String prefix, List<String> fields, List<String> labels, double low, double high, double step)
        implements TextToTextWithers {
    public TextToText {
        fields = List.copyOf(fields);
        labels = List.copyOf(labels);
        if (fields.isEmpty())
            throw new IllegalArgumentException("TextToText: the task \"" + prefix + "\" has no input; name a field, empty if need be");
        if (!(step >= 0 && low <= high)) throw new IllegalArgumentException(
                "TextToText: numbers from " + low + " to " + high + " in steps of " + step + "; they rise, by at least 0");
    }

    /** Texts for classes. */
    public static TextToText classification(String name, List<String> fields, List<String> labels) {
        if (labels.stream().distinct().count() < 2)
            throw new IllegalArgumentException("TextToText: the labels " + labels + "; at least two");
        return new TextToText(name, fields, labels, 0, 0, 0);
    }

    /** {@code translate English to German: ..}. */
    public static TextToText translation(String from, String to) {
        return new TextToText("translate " + from + " to " + to + ":", List.of(""), List.of(), 0, 0, 0);
    }

    /** {@code summarize: ..}. */
    public static TextToText summary() { return new TextToText("summarize:", List.of(""), List.of(), 0, 0, 0); }

    /** {@code question: .. context: ..}. */
    public static TextToText question() { return new TextToText("", List.of("question", "context"), List.of(), 0, 0, 0); }

    /** Numbers from low to high, rounded to steps: a class each, in effect. */
    public static TextToText regression(String name, List<String> fields, double low, double high, double step) {
        if (!(step > 0)) throw new IllegalArgumentException("TextToText: numbers in steps of " + step + "; above 0");
        return new TextToText(name, fields, List.of(), low, high, step);
    }

    /** The text that the model reads. @param parts one of each field */
    public String input(String... parts) {
        if (parts.length != fields.size()) throw new IllegalArgumentException(
                "TextToText: " + parts.length + " parts for the fields " + fields + " of \"" + prefix + "\"; one of each");
        var text = new StringBuilder(prefix);
        for (int i = 0; i < parts.length; i++) {
            if (!text.isEmpty()) text.append(' ');
            if (!fields.get(i).isEmpty()) text.append(fields.get(i)).append(": ");
            text.append(parts[i]);
        }
        return text.toString();
    }

    /** The text of a class. */
    public String target(int label) {
        if (label < 0 || label >= labels.size())
            throw new IllegalArgumentException("TextToText: class " + label + " of \"" + prefix + "\", whose labels are " + labels);
        return labels.get(label);
    }

    /** The class that an answer names, or -1: what else a model writes is wrong, and chance has no part in it. */
    public int label(String answer) { return labels.indexOf(answer.strip()); }

    /** The text of a number: the nearest step within the bounds, with as many decimals as the step has. */
    public String numeral(double value) {
        if (step == 0 || Double.isNaN(value))
            throw new IllegalArgumentException("TextToText: the number " + value + " for \"" + prefix + "\" in steps of " + step);
        double rounded = Math.clamp(Math.round(value / step) * step, low, high);
        int decimals = 0;
        for (double s = step; Math.abs(s - Math.rint(s)) > 1e-9 && decimals < 9; s *= 10) decimals++;
        return String.format(Locale.ROOT, "%." + decimals + "f", rounded);
    }

    /** The number that an answer names, within the bounds; NaN if it names none. */
    public double number(String answer) {
        try {
            double value = Double.parseDouble(answer.strip());
            return value >= low && value <= high ? value : Double.NaN;
        } catch (NumberFormatException e) {
            return Double.NaN;
        }
    }
}
