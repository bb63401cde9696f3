package lyceum.nn.onnx;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.HashSet;
import java.util.Set;
import org.junit.jupiter.api.Test;

class OperatorsTest {
    private static Operator find(String name, long version) {
        int colon = name.indexOf(':');
        return Operators.find(name.substring(0, colon), name.substring(colon + 1), version);
    }

    /** A row is a text, and its meaning stands elsewhere: none is without. */
    @Test void everyRowHasItsMeaning() {
        Set<Operator> met = new HashSet<>();
        for (var name : OnnxModel.operators()) for (int version = 1; version <= 30; version++) {
            var operator = find(name, version);
            if (operator == null) continue;
            assertThat(operator.domain() + ":" + operator.name()).isEqualTo(name);
            assertThat(operator.since()).isLessThanOrEqualTo(version);
            assertThat(operator.meaning()).as(name + " " + version).isNotNull();
            met.add(operator);
        }
        assertThat(met).hasSize(258);
        assertThat(met.stream().map(Operator::name)).contains("Add", "Softmax", "ReduceMean", "TreeEnsembleClassifier", "QAttention");
    }

    @Test void anOperatorSetMeansTheLastRowBeforeIt() {
        assertThat(find(":Softmax", 12).since()).isEqualTo(1);
        assertThat(find(":Softmax", 13).since()).isEqualTo(13);
        assertThat(find(":Softmax", Long.MAX_VALUE)).isSameAs(find(":Softmax", 13));
        assertThat(find(":Abs", 0)).isNull();
        assertThat(find(":Gelu", 19)).isNull();
        assertThat(find("com.microsoft:Gelu", 1).domain()).isEqualTo("com.microsoft");
        assertThat(Operators.find("", "Softermax", 20)).isNull();
        assertThatThrownBy(() -> ElementwiseOperators.meaning("Softermax 1")).hasMessageContaining("Softermax 1 has no meaning");
        assertThatThrownBy(() -> ReductionOperators.meaning("ReduceMode 1")).hasMessageContaining("ReduceMode 1 has no meaning");
    }
}
