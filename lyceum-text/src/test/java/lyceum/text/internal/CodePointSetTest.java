package lyceum.text.internal;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.BitSet;
import java.util.List;
import org.junit.jupiter.api.Test;

class CodePointSetTest {
    private static int fold(int c) { return Character.toLowerCase(Character.toUpperCase(c)); }

    /** By the definition over all of Unicode: what folds to what something in the set folds to. */
    @Test void whateverTheCaseIsAllThatFoldsAlike() {
        var some = List.of(CodePointSet.range('a', 'z'), CodePointSet.range('K', 'K'), CodePointSet.range(0x212A, 0x212A),
                CodePointSet.range(0x17F, 0x17F), CodePointSet.range(0xDF, 0xDF), CodePointSet.range('1', '9'), CodePointSet.NONE,
                CodePointSet.ALL, CodePointSet.property("Lu"), CodePointSet.property("Greek"), CodePointSet.property("L").not());
        for (var set : some) {
            var folded = new BitSet();
            for (int c = 0; c < CodePointSet.LIMIT; c++) if (set.contains(c)) folded.set(fold(c));
            var any = set.anyCase();
            int wrong = 0;
            for (int c = 0; c < CodePointSet.LIMIT; c++) if (any.contains(c) != folded.get(fold(c))) wrong++;
            assertThat(wrong).isZero();
        }
    }

    @Test void aNameMeansItsSetHoweverOftenItIsAsked() {
        for (var name : List.of("L", "Lu", "N", "Greek", "script=Greek", "Letter", "upper"))
            assertThat(CodePointSet.property(name).borders()).isEqualTo(CodePointSet.property(name).borders());
        assertThat(CodePointSet.property("Letter").borders()).isEqualTo(CodePointSet.of(Character::isLetter).borders());
        assertThat(CodePointSet.property("Greek").contains(0x3B1)).isTrue();
        assertThat(CodePointSet.property("Xy")).isNull();
    }
}
