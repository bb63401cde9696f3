package lyceum.labs;

import com.fasterxml.jackson.annotation.JsonTypeInfo;
import com.fasterxml.jackson.annotation.JsonTypeName;
import java.util.List;

/** A parameter that a lab asks for: what a form field, a CLI option or a URL may set. */
@JsonTypeInfo(use = JsonTypeInfo.Id.NAME, property = "type")
public sealed interface Parameter {

    /** Its name, as in {@code --param k=12}. */
    String name();

    /** The value that the lab takes when nothing is said: Integer, Double, String or Boolean. */
    Object defaultValue();

    /** What is allowed, in words: {@code between 1 and 10}. */
    String allowed();

    /**
     * Reads a value: Integer, Double, String or Boolean.
     *
     * @throws LabParameterException naming the parameter, the text and what is allowed
     */
    Object parse(String text);

    /** A whole number from min to max, inclusive. */
    @JsonTypeName("int")
    record Whole(String name, Integer defaultValue, int min, int max) implements Parameter {
        /** Checks the default. */
        public Whole {
            if (defaultValue < min || defaultValue > max) {
                throw new IllegalArgumentException(name + " defaults to " + defaultValue + "; it lies between " + min + " and " + max);
            }
        }

        @Override public String allowed() { return "between " + min + " and " + max; }

        @Override public Integer parse(String text) {
            try {
                int value = Integer.parseInt(text.strip());
                if (value >= min && value <= max) return value;
            } catch (NumberFormatException e) {
                throw new LabParameterException(name, name + " is '" + text + "'; it is a whole number " + allowed());
            }
            throw new LabParameterException(name, name + " is " + text.strip() + "; it lies " + allowed());
        }
    }

    /** A real number from min to max, inclusive. */
    @JsonTypeName("double")
    record Real(String name, Double defaultValue, double min, double max) implements Parameter {
        /** Checks the default. */
        public Real {
            if (!(defaultValue >= min && defaultValue <= max)) {
                throw new IllegalArgumentException(name + " defaults to " + defaultValue + "; it lies between " + min + " and " + max);
            }
        }

        @Override public String allowed() { return "between " + NumberText.of(min) + " and " + NumberText.of(max); }

        @Override public Double parse(String text) {
            double value;
            try {
                value = Double.parseDouble(text.strip());
            } catch (NumberFormatException e) {
                throw new LabParameterException(name, name + " is '" + text + "'; it is a number " + allowed());
            }
            if (!(value >= min && value <= max)) {
                throw new LabParameterException(name, name + " is " + text.strip() + "; it lies " + allowed());
            }
            return value;
        }
    }

    /** One of some names. */
    @JsonTypeName("choice")
    record Choice(String name, String defaultValue, List<String> options) implements Parameter {
        /** Checks the default. */
        public Choice {
            options = List.copyOf(options);
            if (!options.contains(defaultValue)) {
                throw new IllegalArgumentException(name + " defaults to " + defaultValue + "; it is one of " + String.join(", ", options));
            }
        }

        @Override public String allowed() { return "one of " + String.join(", ", options); }

        @Override public String parse(String text) {
            if (!options.contains(text)) throw new LabParameterException(name, name + " is '" + text + "'; it is " + allowed());
            return text;
        }
    }

    /** A text of one line, stripped of blanks at its ends. */
    @JsonTypeName("text")
    record Text(String name, String defaultValue, int most) implements Parameter {
        /** Checks the default. */
        public Text {
            if (!fits(defaultValue, most) || !defaultValue.strip().equals(defaultValue)) {
                throw new IllegalArgumentException(
                        name + " defaults to '" + defaultValue + "'; it is " + allowed(most) + ", without blanks at its ends");
            }
        }

        private static boolean fits(String text, int most) {
            return !text.isBlank() && text.strip().length() <= most && text.chars().noneMatch(Character::isISOControl) && wellFormed(text);
        }

        private static boolean wellFormed(String text) { return text.codePoints().noneMatch(c -> c >= 0xD800 && c <= 0xDFFF); }

        private static String allowed(int most) { return "a line of 1 to " + most + " characters"; }

        @Override public String allowed() { return allowed(most); }

        @Override public String parse(String text) {
            if (fits(text, most)) return text.strip();
            if (text.strip().length() > most)
                throw new LabParameterException(name, name + " has " + text.strip().length() + " characters; it is " + allowed());
            throw new LabParameterException(name,
                    name + (text.isBlank() ? " is empty" : " has a line end, another control character or half a surrogate pair")
                            + "; it is " + allowed());
        }
    }

    /** A drawing, as {@link Sketch} writes it; an empty text is an empty sheet. */
    @JsonTypeName("drawing")
    record Drawing(String name, String defaultValue, int side) implements Parameter {
        /** Checks the default. */
        public Drawing {
            try {
                defaultValue = Sketch.parse(defaultValue, side).toString();
            } catch (IllegalArgumentException e) {
                throw new IllegalArgumentException(name + " defaults to '" + defaultValue + "': " + e.getMessage(), e);
            }
        }

        @Override public String allowed() { return "strokes such as 6,5 21,5; 12,24 on a sheet of " + side + " x " + side; }

        @Override public String parse(String text) {
            try {
                return Sketch.parse(text, side).toString();
            } catch (IllegalArgumentException e) {
                throw new LabParameterException(name, name + ": " + e.getMessage());
            }
        }
    }

    /** A switch. */
    @JsonTypeName("flag")
    record Flag(String name, Boolean defaultValue) implements Parameter {
        @Override public String allowed() { return "true or false"; }

        @Override public Boolean parse(String text) {
            return switch (text.strip()) {
                case "true", "on", "yes", "1" -> true;
                case "false", "off", "no", "0" -> false;
                default -> throw new LabParameterException(name, name + " is '" + text + "'; it is " + allowed());
            };
        }
    }
}
