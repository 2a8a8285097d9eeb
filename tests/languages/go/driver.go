// Runs one command of the Automation API with the program of this package in the place of its own main function.
package main

import (
	"context"
	"fmt"
	"os"
	"regexp"
	"strconv"

	"github.com/pulumi/pulumi/sdk/v3/go/auto"
	"github.com/pulumi/pulumi/sdk/v3/go/auto/optdestroy"
	"github.com/pulumi/pulumi/sdk/v3/go/auto/optpreview"
	"github.com/pulumi/pulumi/sdk/v3/go/auto/optrefresh"
	"github.com/pulumi/pulumi/sdk/v3/go/auto/optup"
)

var exitCode = regexp.MustCompile(`code: (\d+)`)

func init() {
	err := drive(context.Background(), os.Args[1])
	if err == nil {
		os.Exit(0)
	}
	if found := exitCode.FindStringSubmatch(err.Error()); found != nil {
		code, _ := strconv.Atoi(found[1])
		os.Exit(code)
	}
	fmt.Fprintln(os.Stderr, err)
	os.Exit(70)
}

func drive(ctx context.Context, command string) error {
	stack, err := auto.SelectStackInlineSource(ctx, os.Getenv("PULUMI_STACK"), "probe", program, auto.WorkDir("."))
	if err != nil {
		return err
	}
	out, problems := os.Stdout, os.Stderr
	switch command {
	case "up":
		_, err = stack.Up(ctx, optup.ProgressStreams(out), optup.ErrorProgressStreams(problems))
	case "preview":
		_, err = stack.Preview(ctx, optpreview.ProgressStreams(out), optpreview.ErrorProgressStreams(problems))
	case "refresh":
		_, err = stack.Refresh(ctx, optrefresh.ProgressStreams(out), optrefresh.ErrorProgressStreams(problems))
	case "destroy":
		_, err = stack.Destroy(ctx, optdestroy.ProgressStreams(out), optdestroy.ErrorProgressStreams(problems))
	default:
		err = fmt.Errorf("no command is called %s", command)
	}
	return err
}
