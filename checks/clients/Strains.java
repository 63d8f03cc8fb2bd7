import java.util.List;
import org.openapitools.client.ApiClient;
import org.openapitools.client.api.StrainsApi;
import org.openapitools.client.model.StrainSort;
import org.openapitools.client.model.Vein;

/** Lists strains through the Java client that openapi-generator makes. */
class Strains {
  public static void main(String[] arguments) throws Exception {
    ApiClient client = new ApiClient();
    client.updateBaseUri(arguments[0]);
    var page = new StrainsApi(client)
        .listStrains(null, null, null, null, null, null, StrainSort.SLUG, List.of(Vein.RED, Vein.GREEN), null, null, null);
    for (var strain : page.getData()) {
      System.out.println(strain.getSlug() + " " + strain.getVein());
    }
  }
}
