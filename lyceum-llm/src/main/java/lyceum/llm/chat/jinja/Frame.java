package lyceum.llm.chat.jinja;

import java.time.LocalDateTime;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import lyceum.FormatException;

/** What a rendering knows: names in the scopes around a place, what was printed, and how much more may be done. */
final class Frame {
    /** What all frames of a rendering share. */
    static final class Work {
        final StringBuilder out = new StringBuilder();
        final List<JinjaTemplate.Span> generated = new ArrayList<>();
        final LocalDateTime now;
        private final long mostSteps;
        private final int mostCharacters;
        private long steps;
        private int depth;

        Work(LocalDateTime now, long mostSteps, int mostCharacters) {
            this.now = now;
            this.mostSteps = mostSteps;
            this.mostCharacters = mostCharacters;
        }

        void step() {
            if (++steps > mostSteps)
                throw new FormatException("template: still running after " + mostSteps + " steps; a loop in it may have no end");
        }

        /** Texts that are built count too, so that none doubles without bound. */
        String built(String text) {
            checkLength(text.length());
            steps += text.length() / 16;
            return text;
        }

        void checkLength(long length) {
            if (length > mostCharacters) throw new FormatException("template: it makes a text of over " + mostCharacters + " characters");
        }

        void print(String text) {
            checkLength((long) out.length() + text.length());
            out.append(text);
        }

        void enter() { if (++depth > 100) throw new FormatException("template: macros call each other more than 100 deep"); }

        void leave() { depth--; }
    }

    final Work work;
    private final Frame around;
    private final Map<String, Object> names = new HashMap<>();

    Frame(Work work, Frame around) {
        this.work = work;
        this.around = around;
    }

    Frame inner() { return new Frame(work, this); }

    Object get(String name) {
        for (var frame = this; frame != null; frame = frame.around) if (frame.names.containsKey(name)) return frame.names.get(name);
        return new Values.Undefined(name);
    }

    void set(String name, Object value) { names.put(name, value); }

    /** The frame of the whole template, which macros see. */
    Frame root() { return around == null ? this : around.root(); }
}
