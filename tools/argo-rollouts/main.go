// Takes one measurement with the web metric of Argo Rollouts, as its controller does: reads a metric as JSON from stdin,
// prints what came of it as JSON. A key that Argo Rollouts does not know is an error.
package main

import (
	"encoding/json"
	"os"

	"github.com/argoproj/argo-rollouts/metricproviders/webmetric"
	"github.com/argoproj/argo-rollouts/pkg/apis/rollouts/v1alpha1"
	log "github.com/sirupsen/logrus"
)

func main() {
	var metric v1alpha1.Metric
	decoder := json.NewDecoder(os.Stdin)
	decoder.DisallowUnknownFields()
	check(decoder.Decode(&metric))
	client, err := webmetric.NewWebMetricHttpClient(metric)
	check(err)
	parser, err := webmetric.NewWebMetricJsonParser(metric)
	check(err)
	provider := webmetric.NewWebMetricProvider(*log.NewEntry(log.New()), client, parser)
	measurement := provider.Run(&v1alpha1.AnalysisRun{}, metric)
	check(json.NewEncoder(os.Stdout).Encode(map[string]string{
		"phase":   string(measurement.Phase),
		"value":   measurement.Value,
		"message": measurement.Message,
	}))
}

func check(err error) {
	if err != nil {
		log.Fatal(err)
	}
}
